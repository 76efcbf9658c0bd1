using System.Buffers;
using System.Text;
using System.Text.Json;

namespace OrleansTasks.Audit;

/// <summary>Writes the small JSON objects in which audit records show settings before and after a change.</summary>
public static class AuditText
{
    /// <summary>Returns a JSON object with the fields that <paramref name="fields"/> writes.</summary>
    public static string Of(Action<Utf8JsonWriter> fields)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            fields(json);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
