using System.Text.Json;
using OrleansTasks.Client.Tasks;
using OrleansTasks.Nodes;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Nodes;

/// <summary>Writes nodes as the HTTP contract shows them.</summary>
internal static class NodeJson
{
    private static readonly JsonEncodedText Labels = JsonEncodedText.Encode("labels");
    private static readonly JsonEncodedText LastReportAt = JsonEncodedText.Encode("lastReportAt");

    private static readonly JsonEncodedText StartedAt = JsonEncodedText.Encode("startedAt");
    private static readonly JsonEncodedText MemoryTotalBytes = JsonEncodedText.Encode("memoryTotalBytes");
    private static readonly JsonEncodedText DiskFreeBytes = JsonEncodedText.Encode("diskFreeBytes");
    private static readonly JsonEncodedText Losses = JsonEncodedText.Encode("losses");

    private static readonly (Limits Limit, string Name)[] LimitNames =
    [
        (Limits.Memory, "memoryBytes"), (Limits.CpuTime, "cpuTime"), (Limits.Processes, "processes"),
            (Limits.OpenFiles, "openFiles"),
    ];

    /// <summary>Writes a node.</summary>
    public static void Write(Utf8JsonWriter json, NodeView node)
    {
        json.WriteStartObject();
        json.WriteString("id"u8, node.Id);
        json.WriteString("state"u8, node.State.Name());
        json.WriteNumber("slots"u8, node.Slots);
        json.WriteNumber("running"u8, node.Running);
        TaskJson.WriteLabels(json, Labels, node.Labels);
        json.WriteString("version"u8, node.Version);
        json.WriteString("address"u8, node.Address);
        TaskJson.WriteTime(json, LastReportAt, node.LastReportAt);
        json.WriteNumber("load"u8, double.IsFinite(node.Load) ? node.Load : 0);
        json.WriteNumber("memoryBytes"u8, node.MemoryBytes);
        TaskJson.WriteTime(json, StartedAt, node.StartedAt == 0 ? null : node.StartedAt);
        TaskJson.WriteNumber(json, MemoryTotalBytes, node.MemoryTotalBytes == 0 ? null : node.MemoryTotalBytes);
        TaskJson.WriteNumber(json, DiskFreeBytes, node.DiskFreeBytes == 0 ? null : node.DiskFreeBytes);
        TaskJson.WriteNumber(json, Losses, node.Losses);
        json.WriteStartArray("enforces"u8);
        foreach (var (limit, name) in LimitNames)
        {
            if (node.Enforces.HasFlag(limit))
                json.WriteStringValue(name);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }
}
