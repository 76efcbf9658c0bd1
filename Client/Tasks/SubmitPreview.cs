using System.Text.Json;
using OrleansTasks.Client.Access;
using OrleansTasks.Client.Http;
using OrleansTasks.Nodes;
using OrleansTasks.Queues;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Client.Tasks;

/// <summary>Says what would become of a task, without accepting it.</summary>
/// <param name="grains">The nodes and queues.</param>
/// <param name="time">The clock.</param>
public sealed class SubmitPreview(GatewayGrains grains, TimeProvider time)
{
    private const int MostNodes = 256;
    private static readonly JsonEncodedText EstimatedStart = JsonEncodedText.Encode("estimatedStart");

    /// <summary>Answers with the spec as it would be shown, the nodes, and when the task would start if that is now or its time.</summary>
    internal async Task Send(HttpContext context, TaskSpec spec, ReadOnlyMemory<byte> shown)
    {
        // Nodes, and whether the queue is empty, are for those who may read.
        var nodes = context.MayRead() ? await grains.Fleet.List() : [];
        var fits = nodes.Select(node => (Node: node, Fit: NodeFit.Of(node, spec))).ToArray();
        var start = await StartsAtOnce(spec, fits) ? Math.Max(spec.RunAt, time.GetUtcNow().ToUnixTimeMilliseconds()) : (long?)null;
        var json = JsonAnswer.Rent();
        json.Writer.WriteStartObject();
        json.Writer.WritePropertyName("spec"u8);
        json.Writer.WriteRawValue(shown.Span, skipInputValidation: true);
        json.Writer.WriteStartArray("nodes"u8);
        foreach (var (node, fit) in fits.Take(MostNodes))
            Write(json.Writer, node.Id, fit);
        json.Writer.WriteEndArray();
        TaskJson.WriteTime(json.Writer, EstimatedStart, start);
        json.Writer.WriteEndObject();
        await json.Send(context.Response);
    }

    /// <summary>Whether nothing would hold the task back but its own time: a node has room, and the queue is empty and unlimited.</summary>
    private async Task<bool> StartsAtOnce(TaskSpec spec, (NodeView Node, NodeFit Fit)[] fits)
    {
        if (spec.Concurrency is not null || !spec.After.IsEmpty || !fits.Any(static one => one.Fit.Code is null && one.Node.Running < one.Node.Slots))
            return false;
        var settings = (await grains.Queues.ListSettings()).FirstOrDefault(one => one.Name == spec.Queue)
            ?? QueueSettings.DefaultOf(spec.Queue);
        var status = (await grains.Queues.List()).FirstOrDefault(one => one.Queue == spec.Queue);
        return !settings.Paused && settings.RatePerSecond is null && (status?.Queued ?? 0) == 0
            && (settings.MaxRunning is not { } most || (status?.Running ?? 0) < most);
    }

    private static void Write(Utf8JsonWriter json, string node, NodeFit fit)
    {
        json.WriteStartObject();
        json.WriteString("node"u8, node);
        json.WriteBoolean("fits"u8, fit.Code is null);
        json.WriteString("code"u8, fit.Code);
        json.WriteString("detail"u8, fit.Detail);
        json.WriteEndObject();
    }
}
