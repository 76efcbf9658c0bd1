using System.Buffers;
using System.Text;
using System.Text.Json;

namespace OrleansTasks.Audit;

/// <summary>Writes what a record says of settings before and after a change: a small JSON object.</summary>
public static class AuditText
{
    /// <summary>Returns the object that has the fields which <paramref name="fields"/> writes.</summary>
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
