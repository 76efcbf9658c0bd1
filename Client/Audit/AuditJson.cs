using System.Text;
using System.Text.Json;
using OrleansTasks.Audit;
using OrleansTasks.Client.Tasks;

namespace OrleansTasks.Client.Audit;

/// <summary>Writes audit records as the HTTP contract shows them.</summary>
internal static class AuditJson
{
    private static readonly JsonEncodedText At = JsonEncodedText.Encode("at");

    /// <summary>Writes a record.</summary>
    public static void Write(Utf8JsonWriter json, AuditRecord record)
    {
        var origin = record.Origin;
        json.WriteStartObject();
        json.WriteString("id"u8, origin.Id.ToString());
        TaskJson.WriteTime(json, At, record.At);
        WriteActor(json, "actor"u8, origin.Key, origin.KeyName, origin.Says);
        json.WriteString("action"u8, origin.Action);
        json.WriteString("target"u8, origin.Target);
        json.WriteNumber("count"u8, record.Count);
        WriteObject(json, "before"u8, record.Before);
        WriteObject(json, "after"u8, record.After);
        json.WriteString("reason"u8, origin.Reason);
        json.WriteString("address"u8, origin.Address);
        // Refused requests change nothing and are not recorded.
        json.WriteString("outcome"u8, "done"u8);
        json.WriteEndObject();
    }

    /// <summary>Writes the actor of a change.</summary>
    public static void WriteActor(
        Utf8JsonWriter json, ReadOnlySpan<byte> property, string? key, string? name, string? says)
    {
        json.WriteStartObject(property);
        json.WriteString("key"u8, key);
        json.WriteString("name"u8, name);
        json.WriteString("says"u8, says);
        json.WriteEndObject();
    }

    private static void WriteObject(Utf8JsonWriter json, ReadOnlySpan<byte> name, string? text)
    {
        json.WritePropertyName(name);
        if (text is null)
            json.WriteNullValue();
        else
            TaskJson.WriteStored(json, Encoding.UTF8.GetBytes(text));
    }
}
