using OrleansTasks.Queues;
using OrleansTasks.Resources;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Simulation.Checks;

internal sealed partial class Referee
{
    private void Leave(KnownQueue queue, KnownTask task, in TaskRow was)
    {
        if (was.State == TaskState.Queued)
            queue.LineOf(task.Line).Remove(task.Place);
        if (was.State.IsLeased())
            Count(queue, task, was, -1);
    }

    private void Enter(KnownQueue queue, KnownTask task, in TaskRow row)
    {
        if (row.State == TaskState.Queued)
            queue.LineOf(task.Line).Add(task.Place);
        if (row.State.IsLeased())
            Count(queue, task, row, 1);
    }

    private void Count(KnownQueue queue, KnownTask task, in TaskRow row, int by)
    {
        queue.Leased += by;
        if (task.Key is { } name)
            queue.KeyLeases[name] = queue.KeyLeases.GetValueOrDefault(name) + by;
        var key = (row.Node!, row.NodeSession);
        leases[key] = leases.GetValueOrDefault(key) + by;
        if (!task.Resources.IsEmpty)
            resources[key] = resources.GetValueOrDefault(key, ResourceVector.None).Plus(task.Resources, by);
    }

    /// <summary>Nobody who could have had the slot was passed over: by priority, then by place.</summary>
    private void CheckOrder(KnownQueue queue)
    {
        foreach (var (task, row) in assigned)
        {
            if (!task.Resources.IsEmpty)
            {
                CheckFirst(queue, task, row, task.Line);
                continue;
            }

            CheckFirst(queue, task, row, "");
            CheckFirst(queue, task, row, zoneOf(row.Node!));
            CheckFirst(queue, task, row, row.Node!);
            if (task.Key is not null)
                CheckFirst(queue, task, row, task.Line);
        }
    }

    /// <summary>
    /// Of the tasks with one concurrency key, each was assigned while fewer than its own limit were at nodes: in the
    /// best order for the dispatcher, smaller limits first.
    /// </summary>
    private void CheckKeys(KnownQueue queue)
    {
        foreach (var group in assigned.Where(static one => one.Task.Key is not null).GroupBy(static one => one.Task.Key!))
        {
            var limits = group.Select(static one => one.Task.Submission.Concurrency!.Limit).Order().ToArray();
            var before = queue.KeyLeases[group.Key] - limits.Length;
            for (var i = 0; i < limits.Length; i++)
            {
                Violation.Unless(
                    before + i < limits[i], $"{before + i} tasks with {group.Key} were at nodes, and one with the limit {limits[i]} was assigned.");
            }

            if (queue.LineOf(group.First().Task.Line).Count > 0)
                coverage.Fire("waited for a concurrency key");
        }
    }

    private static void CheckFirst(KnownQueue queue, KnownTask task, in TaskRow row, string requires)
    {
        if (queue.LineOf(requires) is { Count: > 0 } line)
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
            var held = resources.GetValueOrDefault((row.Node!, row.NodeSession), ResourceVector.None);
            Violation.Unless(
                held.FitsIn(OffersOf(row.Node!)),
                $"{row.Node} has leases of {held} in session {row.NodeSession}, and offers {OffersOf(row.Node!)}.");
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
    private void CheckLimits(int number, KnownQueue queue)
    {
        if (assigned.Count == 0 || !names.TryGetValue(number, out var name) || !limits.TryGetValue(name, out var settings))
            return;
        if (settings.MaxRunning is not null)
            coverage.Fire("assigned under a limit");
        Violation.Unless(!settings.Paused, $"{assigned[0].Row.Id} is assigned, and its queue {name} is paused.");
        Violation.Unless(
            settings.MaxRunning is not { } most || queue.Leased <= most,
            $"{queue.Leased} tasks of {name} are at work, and {settings.MaxRunning} may be.");
    }

    private sealed class KnownQueue
    {
        public int Leased { get; set; }

        /// <summary>How many tasks with each concurrency key are at nodes.</summary>
        public Dictionary<string, int> KeyLeases { get; } = new(StringComparer.Ordinal);

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
