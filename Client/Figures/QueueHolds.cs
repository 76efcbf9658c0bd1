using OrleansTasks.Cluster;
using OrleansTasks.Queues;

namespace OrleansTasks.Client.Figures;

/// <summary>The silos' latest reports on what holds each queue's tasks back.</summary>
internal sealed class QueueHolds
{
    private readonly Dictionary<string, QueueHold> newest = new(StringComparer.Ordinal);
    private bool isComplete = true;

    /// <summary>Replaces the reports by those of a new reading.</summary>
    public void Set(ImmutableArray<SiloFigures> silos)
    {
        newest.Clear();
        isComplete = true;
        foreach (var figure in silos.SelectMany(static silo => silo.Queues))
        {
            isComplete &= figure.Queue != QueueFigure.OtherQueues;
            // After a queue has moved, its earlier silo continues to report old values.
            if (figure.Hold is { } hold && (!newest.TryGetValue(figure.Queue, out var known) || hold.At > known.At))
                newest[figure.Queue] = hold;
        }
    }

    /// <summary>
    /// Returns the shares of the causes that held a queue's tasks back in about the last five minutes; null if unknown,
    /// because there are too many queues.
    /// </summary>
    public ImmutableArray<HeldShare>? Of(string queue, long now)
    {
        if (!newest.TryGetValue(queue, out var hold))
            return isComplete ? ImmutableArray<HeldShare>.Empty : null;
        return hold.IsHeld || now - hold.At < QueueHold.Window ? hold.Shares : ImmutableArray<HeldShare>.Empty;
    }
}
