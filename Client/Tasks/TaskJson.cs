using System.Text.Json;
using OrleansTasks.Tasks;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Client.Tasks;

/// <summary>Writes members of answers that are written by hand.</summary>
internal static class TaskJson
{
    /// <summary>Writes stored JSON; writes null if it is invalid, so that one bad row does not break a list.</summary>
    public static void WriteStored(Utf8JsonWriter json, ReadOnlySpan<byte> stored)
    {
        try
        {
            json.WriteRawValue(stored);
        }
        catch (Exception fault) when (fault is JsonException or ArgumentException)
        {
            json.WriteNullValue();
        }
    }

    /// <summary>Writes an id as a field.</summary>
    public static void WriteId(Utf8JsonWriter json, JsonEncodedText name, TaskId id)
    {
        Span<byte> text = stackalloc byte[TaskId.TextLength];
        id.WriteText(text);
        json.WriteString(name, text);
    }

    /// <summary>Writes a time as a field; null if there is none.</summary>
    public static void WriteTime(Utf8JsonWriter json, JsonEncodedText name, long? time)
    {
        if (time is not { } milliseconds)
        {
            json.WriteNull(name);
            return;
        }

        Span<byte> text = stackalloc byte[Timestamps.TextLength];
        Timestamps.Write(milliseconds, text);
        json.WriteString(name, text);
    }

    /// <summary>Writes a number or null.</summary>
    public static void WriteNumber(Utf8JsonWriter json, JsonEncodedText name, long? number)
    {
        if (number is { } value)
            json.WriteNumber(name, value);
        else
            json.WriteNull(name);
    }
}
