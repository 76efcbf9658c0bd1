using System.Text.Json;
using OrleansTasks.Client.Tasks;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Failures;

/// <summary>Writes groups of failures as the HTTP contract shows them.</summary>
internal static class FailureJson
{
    private static readonly JsonEncodedText FirstAt = JsonEncodedText.Encode("firstAt");
    private static readonly JsonEncodedText LastAt = JsonEncodedText.Encode("lastAt");

    /// <summary>Writes a group.</summary>
    public static void Write(Utf8JsonWriter json, FailureGroup group)
    {
        json.WriteStartObject();
        json.WriteString("fingerprint"u8, Fingerprints.Format(group.Fingerprint));
        json.WriteNumber("count"u8, group.Count);
        json.WriteString("reason"u8, group.Reason.Name());
        if (group.ExitCode is { } exitCode)
            json.WriteNumber("exitCode"u8, exitCode);
        else
            json.WriteNull("exitCode"u8);
        json.WriteString("signal"u8, group.Signal);
        json.WriteString("sample"u8, group.Sample);
        TaskJson.WriteTime(json, FirstAt, group.FirstAt);
        TaskJson.WriteTime(json, LastAt, group.LastAt);
        json.WriteStartArray("queues"u8);
        foreach (var queue in group.Queues)
            json.WriteStringValue(queue);
        json.WriteEndArray();
        json.WriteStartArray("tasks"u8);
        foreach (var task in group.Tasks)
            json.WriteStringValue(task.ToString());
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
