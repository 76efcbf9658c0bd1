using System.Buffers;
using System.Text.Json;
using OrleansTasks.Schedules;

namespace OrleansTasks.Definitions;

/// <summary>
/// Removes members whose value is null from a body in which null is the same as leaving a member out. Answers have no
/// place for most of these nulls.
/// </summary>
public static class NullMembers
{
    /// <summary>Returns a body, as JSON in UTF-8, without such members at any depth.</summary>
    public static ReadOnlyMemory<byte> Drop(ReadOnlyMemory<byte> utf8)
    {
        // JSON has no other spelling of null, so a body without this word has none.
        if (utf8.Span.IndexOf("null"u8) < 0)
            return utf8;
        using var document = JsonDocument.Parse(utf8);
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, OccurrenceTask.Writing))
            Write(json, document.RootElement);
        return buffer.WrittenMemory;
    }

    private static void Write(Utf8JsonWriter json, JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                json.WriteStartObject();
                foreach (var member in value.EnumerateObject()
                    .Where(static member => member.Value.ValueKind != JsonValueKind.Null))
                {
                    json.WritePropertyName(member.Name);
                    Write(json, member.Value);
                }

                json.WriteEndObject();
                break;
            case JsonValueKind.Array:
                json.WriteStartArray();
                foreach (var item in value.EnumerateArray())
                    Write(json, item);
                json.WriteEndArray();
                break;
            default:
                // Texts and numbers are copied as they are, so that no body grows.
                json.WriteRawValue(value.GetRawText());
                break;
        }
    }
}
