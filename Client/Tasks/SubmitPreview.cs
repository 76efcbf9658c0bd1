using System.Text.Json;
using OrleansTasks.Client.Access;
using OrleansTasks.Client.Http;
using OrleansTasks.Client.Nodes;
using OrleansTasks.Nodes;
using OrleansTasks.Queues;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Client.Tasks;

/// <summary>Previews what would happen to a task, without accepting it.</summary>
/// <param name="grains">The nodes and queues.</param>
/// <param name="time">The clock.</param>
public sealed class SubmitPreview(GatewayGrains grains, TimeProvider time)
{
    /// <summary>The maximum number of nodes in an answer.</summary>
    internal const int MostNodes = 256;

    private static readonly JsonEncodedText EstimatedStart = JsonEncodedText.Encode("estimatedStart");

    /// <summary>
    /// Answers with the spec as it would be shown, the nodes, and the start time if nothing but the task's own time
    /// would delay it.
    /// </summary>
    internal async Task Send(HttpContext context, TaskSpec spec, ReadOnlyMemory<byte> shown)
    {
        // Only callers that may read learn about nodes and about how full the queue is.
        var nodes = context.MayRead() ? await grains.Fleet.List() : [];
        var fits = nodes.Select(node => (Node: node, Fit: NodeFit.Of(node, spec))).ToArray();
        var start = await StartsAtOnce(spec, fits)
            ? Math.Max(spec.RunAt, time.GetUtcNow().ToUnixTimeMilliseconds() + (spec.Unique?.Debounce ?? 0))
            : (long?)null;
        var json = JsonAnswer.Rent();
        json.Writer.WriteStartObject();
        json.Writer.WritePropertyName("spec"u8);
        json.Writer.WriteRawValue(shown.Span, skipInputValidation: true);
        json.Writer.WriteStartArray("nodes"u8);
        foreach (var (node, fit) in fits.Take(MostNodes))
            Write(json.Writer, node, spec, fit);
        json.Writer.WriteEndArray();
        TaskJson.WriteTime(json.Writer, EstimatedStart, start);
        json.Writer.WriteEndObject();
        await json.Send(context.Response);
    }

    /// <summary>
    /// Returns whether the task would start at its time: a node has a free slot, and the queue is empty and not held
    /// back by a limit.
    /// </summary>
    private async Task<bool> StartsAtOnce(TaskSpec spec, (NodeView Node, NodeFit Fit)[] fits)
    {
        if (spec.Concurrency is not null || !spec.After.IsEmpty || !fits.Any(one => one.Fit.Code is null && one.Node.Running < one.Node.Slots && !NodeFit.Lacks(one.Node, spec).Any()))
            return false;
        var settings = (await grains.Queues.ListSettings()).FirstOrDefault(one => one.Name == spec.Queue)
            ?? QueueSettings.DefaultOf(spec.Queue);
        var status = (await grains.Queues.List()).FirstOrDefault(one => one.Queue == spec.Queue);
        return !settings.Paused && settings.RatePerSecond is null && (status?.Queued ?? 0) == 0
            && (settings.MaxRunning is not { } most || (status?.Running ?? 0) < most);
    }

    private static void WriteLacks(Utf8JsonWriter json, NodeView node, TaskSpec spec)
    {
        json.WriteStartObject("lacks"u8);
        foreach (var (name, needs, free, offered) in NodeFit.Lacks(node, spec))
        {
            json.WriteStartObject(name);
            json.WriteNumber("needs"u8, NodeResourceAnswer.Shown(name, needs));
            json.WriteNumber("free"u8, NodeResourceAnswer.Shown(name, free));
            json.WriteNumber("offered"u8, NodeResourceAnswer.Shown(name, offered));
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    /// <summary>Writes whether a node can run the task.</summary>
    internal static void Write(Utf8JsonWriter json, NodeView node, TaskSpec spec, NodeFit fit)
    {
        json.WriteStartObject();
        json.WriteString("node"u8, node.Id);
        json.WriteBoolean("fits"u8, fit.Code is null);
        json.WriteString("code"u8, fit.Code);
        json.WriteString("detail"u8, fit.Detail);
        if (!spec.Resources.IsEmpty)
            WriteLacks(json, node, spec);
        json.WriteEndObject();
    }
}
