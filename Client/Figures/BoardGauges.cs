using System.Diagnostics.Metrics;
using OrleansTasks.Nodes;
using OrleansTasks.Queues;

namespace OrleansTasks.Client.Figures;

/// <summary>Publishes the latest reading of queues and nodes as metrics, for alerts and dashboards.</summary>
internal sealed class BoardGauges : IDisposable
{
    private readonly Meter meter = new("OrleansTasks.Client.Board");
    private readonly TimeProvider time;
    private volatile Reading latest = Reading.None;

    /// <summary>Creates the instruments; they have no values before the first reading.</summary>
    public BoardGauges(TimeProvider time)
    {
        this.time = time;
        meter.CreateObservableGauge("orleanstasks.queue.depth", () => OfQueues(static queue => queue.Queued), "{task}", "Queued tasks.");
        meter.CreateObservableGauge(
            "orleanstasks.queue.running", () => OfQueues(static queue => queue.Running), "{task}", "Tasks and chunks at nodes.");
        meter.CreateObservableGauge("orleanstasks.queue.oldest", Ages, "s", "Waiting time of the oldest queued task; 0 if there is none.");
        meter.CreateObservableGauge("orleanstasks.nodes", CountNodes, "{node}", "Nodes by state.");
        meter.CreateObservableGauge("orleanstasks.slots", () => OfSlots(static node => node.Slots), "{slot}", "Slots of reporting nodes.");
        meter.CreateObservableGauge("orleanstasks.slots.used", () => OfSlots(static node => node.Running), "{slot}", "Slots in use.");
    }

    /// <summary>Replaces the reading.</summary>
    public void Set(ImmutableArray<QueueStatus> queues, ImmutableArray<NodeView> nodes) =>
        latest = new Reading([.. queues.Where(static queue => !queue.IsRetired)], nodes);

    /// <summary>Forgets the reading, so that no stale values are published while no silo answers.</summary>
    public void Clear() => latest = Reading.None;

    /// <inheritdoc/>
    public void Dispose() => meter.Dispose();

    private static KeyValuePair<string, object?> QueueTag(QueueStatus queue) => new("queue", queue.Queue);

    private IEnumerable<Measurement<long>> OfQueues(Func<QueueStatus, long> value) =>
        latest.Queues.Select(queue => new Measurement<long>(value(queue), QueueTag(queue)));

    private IEnumerable<Measurement<double>> Ages()
    {
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        return latest.Queues.Select(queue => new Measurement<double>(
            queue.OldestQueuedAt is { } at ? Math.Max(0, now - at) / 1_000.0 : 0, QueueTag(queue)));
    }

    private IEnumerable<Measurement<long>> CountNodes()
    {
        var nodes = latest.Nodes;
        return nodes.IsDefault
            ? []
            : Enum.GetValues<NodeState>().Select(state => new Measurement<long>(
                nodes.Count(node => node.State == state), new KeyValuePair<string, object?>("state", state.Name())));
    }

    private IEnumerable<Measurement<long>> OfSlots(Func<NodeView, long> value)
    {
        var nodes = latest.Nodes;
        return nodes.IsDefault
            ? []
            : [new Measurement<long>(BoardFigures.Reporting(nodes).Sum(value))];
    }

    private sealed record Reading(ImmutableArray<QueueStatus> Queues, ImmutableArray<NodeView> Nodes)
    {
        public static readonly Reading None = new([], default);
    }
}
