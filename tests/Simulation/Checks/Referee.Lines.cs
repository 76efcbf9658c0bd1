using OrleansTasks.Queues;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Simulation.Checks;

internal sealed partial class Referee
{
    private void Leave(KnownPartition partition, KnownTask task, in TaskRow was)
    {
        if (was.State == TaskState.Queued)
            partition.LineOf(task.Requires).Remove(task.Place);
        if (was.State.IsLeased())
            Count(partition, was, -1);
    }

    private void Enter(KnownPartition partition, KnownTask task, in TaskRow row)
    {
        if (row.State == TaskState.Queued)
            partition.LineOf(task.Requires).Add(task.Place);
        if (row.State.IsLeased())
            Count(partition, row, 1);
    }

    private void Count(KnownPartition partition, in TaskRow row, int by)
    {
        partition.Leased += by;
        var key = (row.Node!, row.NodeSession);
        leases[key] = leases.GetValueOrDefault(key) + by;
    }

    /// <summary>Nobody who could have had the slot was passed over: by priority, then by place.</summary>
    private void CheckOrder(KnownPartition partition)
    {
        foreach (var (task, row) in assigned)
        {
            CheckFirst(partition, task, row, "");
            CheckFirst(partition, task, row, zoneOf(row.Node!));
        }
    }

    private static void CheckFirst(KnownPartition partition, KnownTask task, in TaskRow row, string requires)
    {
        if (partition.LineOf(requires) is { Count: > 0 } line)
            Violation.Unless(
                line.Min.CompareTo(task.Place) > 0,
                $"{row.Id} at {task.Place} went to {row.Node} ahead of {line.Min}.");
    }

    /// <summary>
    /// On no node are there more leases of a session than its worker has room for by its own word, nor more than its ledger has granted.
    /// </summary>
    private void CheckSlots()
    {
        foreach (var (_, row) in assigned)
        {
            var count = leases[(row.Node!, row.NodeSession)];
            if (count <= PlainSlotsOf(row.Node!))
                continue;
            coverage.Fire("more-than-slots");
            var most = SentAhead.MostLeases(row.Node!);
            Violation.Unless(
                count <= most,
                $"{row.Node} has {count} leases in session {row.NodeSession}; by what it registered and reported it may have {most}.");
            var slots = SlotsOf?.Invoke(row.Node!, row.NodeSession);
            Violation.Unless(
                slots is null || count <= slots,
                $"{row.Node} has {count} leases in session {row.NodeSession} for {slots} slots.");
        }
    }

    /// <summary>An operator is about to change a queue: what held may hold no longer.</summary>
    public void LimitsChange(string queue) => limits.Remove(queue);

    /// <summary>An operator was told that a queue has these settings now.</summary>
    public void LimitsHold(QueueSettings settings) => limits[settings.Name] = settings;

    /// <summary>After the answer to a pause nothing is assigned, and never more than may run. Chunks are not counted here.</summary>
    private void CheckLimits(int number, KnownPartition partition)
    {
        if (assigned.Count == 0 || !queues.TryGetValue(number, out var key) || !limits.TryGetValue(key.Queue, out var settings))
            return;
        if (settings.MaxRunning is not null)
            coverage.Fire("assigned under a limit");
        Violation.Unless(!settings.Paused, $"{assigned[0].Row.Id} is assigned, and its queue {key.Queue} is paused.");
        Violation.Unless(
            settings.MaxRunning is not { } most || partition.Leased <= most,
            $"{partition.Leased} tasks of {key.Queue} are at work, and {settings.MaxRunning} may be.");
    }

    private sealed class KnownPartition
    {
        public int Leased { get; set; }

        private readonly Dictionary<string, SortedSet<(int LowPriority, long Order)>> lines = new(StringComparer.Ordinal);

        public long Epoch { get; set; }

        public long LastNo { get; set; }

        public List<Feed.FeedEntry[]> Events { get; } = [];

        public SortedSet<(int LowPriority, long Order)> LineOf(string requires)
        {
            if (!lines.TryGetValue(requires, out var line))
                lines.Add(requires, line = []);
            return line;
        }
    }
}
