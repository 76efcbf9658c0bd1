using System.Buffers;
using System.Text.Json;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage.Encodings;

/// <summary>
/// The stored form of labels: a JSON object, in the labels' order. Nothing is stored if there are none.
/// </summary>
internal static class LabelText
{
    /// <summary>Returns the object in UTF-8; empty if there are no labels.</summary>
    internal static ReadOnlySpan<byte> Write(ImmutableArray<Label> labels)
    {
        if (labels.IsDefaultOrEmpty)
            return default;
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            foreach (var label in labels)
                json.WriteString(label.Key, label.Value);
            json.WriteEndObject();
        }

        return buffer.WrittenSpan;
    }

    /// <summary>
    /// Stands in for labels that cannot be parsed, so that one bad row does not make others unreadable. No node has
    /// this label and no filter can name it, so a task that requires it waits, and <c>why</c> names it.
    /// </summary>
    internal static ImmutableArray<Label> Unreadable { get; } = [new("(unreadable)", "")];

    /// <summary>Parses what <see cref="Write"/> wrote. Returns <see cref="Unreadable"/> for anything else.</summary>
    internal static ImmutableArray<Label> ReadOrTell(ReadOnlySpan<byte> text)
    {
        try
        {
            return Read(text);
        }
        catch (FormatException)
        {
            return Unreadable;
        }
    }

    /// <summary>
    /// Parses what <see cref="Write"/> wrote. Throws <see cref="FormatException"/> for anything else.
    /// </summary>
    internal static ImmutableArray<Label> Read(ReadOnlySpan<byte> text)
    {
        if (text.IsEmpty)
            return [];
        var labels = ImmutableArray.CreateBuilder<Label>();
        var json = new Utf8JsonReader(text);
        try
        {
            json.Read();
            while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
            {
                var key = json.GetString()!;
                json.Read();
                labels.Add(new Label(key, json.GetString() ?? throw new FormatException("A stored label has no value.")));
            }
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException)
        {
            throw new FormatException("Stored labels cannot be read.", fault);
        }

        return labels.ToImmutable();
    }
}
