using OrleansTasks.Tasks;

namespace OrleansTasks.Storage.Memory;

/// <summary>The tasks of a memory store as they were before a cancel or retry.</summary>
internal sealed class MemoryUndo
{
    private readonly SortedDictionary<(TaskId Operation, int QueueNo, long No), UndoRow> rows = [];

    /// <summary>See <see cref="IUndoStore.Parts"/>.</summary>
    internal ImmutableArray<UndoPart> Parts(TaskId operation, MemoryData data) =>
    [
        .. rows.Where(row => row.Key.Operation == operation).GroupBy(static row => row.Key.QueueNo)
            .Select(part => new UndoPart(
                data.Find(part.Key)!.Name, part.Count(), part.Max(static row => row.Value.At))),
    ];

    /// <summary>See <see cref="IUndoStore.Read"/>.</summary>
    internal ImmutableArray<UndoRow> Read(int queueNo, TaskId operation, long after, int limit) =>
    [
        .. rows.Where(row => row.Key.Operation == operation && row.Key.QueueNo == queueNo && row.Key.No > after)
            .Take(limit).Select(static row => row.Value),
    ];

    /// <summary>Applies what a commit says, before its tasks are changed.</summary>
    internal void Apply(MemoryQueue queue, UndoCommit commit)
    {
        foreach (var row in commit.Kept)
        {
            rows[(row.Operation, queue.No, row.Before.No)] = row with
            {
                Fingerprint = queue.Tasks.GetValueOrDefault(row.Before.No)?.Fingerprint,
            };
        }

        foreach (var (operation, no, outcome) in commit.Decided)
        {
            if (rows.TryGetValue((operation, queue.No, no), out var row))
                rows[(operation, queue.No, no)] = row with { Outcome = outcome };
        }

        if (!commit.IsQueueGone)
            return;
        foreach (var (key, row) in rows.Where(row => row.Key.QueueNo == queue.No && row.Value.Outcome == UndoOutcome.Pending).ToList())
            rows[key] = row with { Outcome = UndoOutcome.QueueGone };
    }

    /// <summary>Removes rows of changes up to a time.</summary>
    internal void Trim(long until)
    {
        foreach (var (key, _) in rows.Where(row => row.Value.At <= until).ToList())
            rows.Remove(key);
    }
}
