using OrleansTasks.Queues;
using OrleansTasks.Resources;
using OrleansTasks.Tasks;

namespace OrleansTasks.Dispatch.Forecasting;

/// <summary>
/// Tells which ready tasks would start if there were nodes, by what they ask of a node. Tasks that the queue's own
/// limits hold back are not among them: more nodes would not help those.
/// </summary>
internal sealed class UnmetDemand(OpenTasks tasks, QueueLimits limits)
{
    /// <summary>The maximum number of groups: tasks may be pinned to thousands of nodes.</summary>
    private const int MostGroups = 1_000;

    /// <summary>Returns the groups; those whose tasks have waited longest come first.</summary>
    public ImmutableArray<QueueDemand> List(long now)
    {
        var (slots, starts) = (limits.Slots(tasks.Counts.Leased), limits.Starts(now));
        if (slots == 0)
            return [];
        var groups = new Dictionary<(string Labels, ResourceVector Shape), (ImmutableArray<Label> Requires, int Tasks, int Chunks, long Oldest)>();
        foreach (var signature in tasks.Ready.Signatures.All)
        {
            if (tasks.Ready.WaitingSince(signature) is not { } since)
                continue;
            // The same labels in another order make another signature.
            ImmutableArray<Label> requires =
                [.. signature.Requires.OrderBy(static label => label.Key, StringComparer.Ordinal).ThenBy(static label => label.Value, StringComparer.Ordinal)];
            var key = (string.Join('\0', requires.Select(static label => $"{label.Key}\0{label.Value}")), signature.Shape);
            if (!groups.TryGetValue(key, out var group))
                group = (requires, 0, 0, long.MaxValue);
            group.Oldest = Math.Min(group.Oldest, since);
            if (signature.IsOfChunks)
                group.Chunks += signature.ReadyCount;
            else
                group.Tasks += signature.ReadyCount;
            groups[key] = group;
        }

        var found = ImmutableArray.CreateBuilder<QueueDemand>();
        foreach (var (key, group) in groups.OrderBy(static one => one.Value.Oldest))
        {
            var ready = Math.Min(slots, group.Chunks + Math.Min(starts, group.Tasks));
            if (ready == 0 || found.Count == MostGroups)
                continue;
            // The limits are of the whole queue.
            (slots, starts) = (slots - ready, starts - Math.Min(starts, group.Tasks));
            found.Add(new QueueDemand(group.Requires, key.Shape.IsEmpty ? null : key.Shape, ready, group.Oldest));
        }

        return found.DrainToImmutable();
    }
}
