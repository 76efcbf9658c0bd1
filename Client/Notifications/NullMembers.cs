using System.Buffers;
using System.Text.Json;
using OrleansTasks.Client.Definitions;

namespace OrleansTasks.Client.Notifications;

/// <summary>
/// Removes members whose value is null from the body of a notification, in which null is the same as leaving a member
/// out. Answers have no place for most of these nulls.
/// </summary>
internal static class NullMembers
{
    /// <summary>Returns a body, as JSON in UTF-8, without such members at any depth.</summary>
    public static ReadOnlyMemory<byte> Drop(ReadOnlyMemory<byte> utf8)
    {
        // JSON has no other spelling of null, so a body without this word has none.
        if (utf8.Span.IndexOf("null"u8) < 0)
            return utf8;
        using var document = JsonDocument.Parse(utf8);
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, ScheduledDefinitions.Writing))
            Write(json, document.RootElement);
        return buffer.WrittenMemory;
    }

    // Lists of a notification have only texts. Everything but objects is copied as it is, so that no body grows.
    private static void Write(Utf8JsonWriter json, JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Object)
        {
            json.WriteRawValue(value.GetRawText());
            return;
        }

        json.WriteStartObject();
        foreach (var member in value.EnumerateObject()
            .Where(static member => member.Value.ValueKind != JsonValueKind.Null))
        {
            json.WritePropertyName(member.Name);
            Write(json, member.Value);
        }

        json.WriteEndObject();
    }
}
