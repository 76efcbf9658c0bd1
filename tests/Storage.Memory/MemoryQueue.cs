using OrleansTasks.Events;
using OrleansTasks.Queues;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage.Memory;

/// <summary>
/// A queue in a memory store. Only sorted collections are walked, so that equal runs give equal answers.
/// </summary>
internal sealed class MemoryQueue(string name, int no)
{
    internal string Name { get; } = name;

    internal int No { get; } = no;

    internal long Epoch { get; set; }

    internal long Sequence { get; set; }

    internal long LastNo { get; set; } = no * QueueOwnership.RowNumbers;

    internal long StartsFrom { get; set; }

    internal bool IsRetired { get; set; }

    internal SortedDictionary<long, StoredTask> Tasks { get; } = [];

    internal SortedDictionary<long, StoredTask> Leased { get; } = [];

    /// <summary>Scheduled and queued tasks in matching order.</summary>
    internal SortedDictionary<(int LowPriority, long Order), StoredTask> Waiting { get; } = [];

    internal Queue<EventRecord> Events { get; } = new();

    internal QueueOwnership ToOwnership(bool taken) => new(taken, No, Epoch, Sequence, LastNo, StartsFrom, IsRetired);

    internal EventPosition ToPosition() =>
        new(Name, Events.TryPeek(out var first) ? first.Sequence : 0, Sequence);

    internal QueueStatus ToStatus()
    {
        var queued = Waiting.Values.Where(t => t.Row.State == TaskState.Queued).ToList();
        long? oldest = queued.Count == 0 ? null : queued.Min(t => t.Row.QueuedAt);
        return new QueueStatus(Name, Waiting.Count - queued.Count, queued.Count, Leased.Count, oldest, IsRetired);
    }

    /// <summary>Gives a task its row, and its place among the waiting or leased ones.</summary>
    internal void Place(StoredTask task, TaskRow row)
    {
        Displace(task);
        task.Row = row;
        Tasks[row.No] = task;
        if (row.State.IsLeased())
            Leased[row.No] = task;
        else if (!row.State.IsFinal())
            Waiting[Order(task)] = task;
    }

    /// <summary>Takes a task out of all places.</summary>
    internal void Remove(StoredTask task)
    {
        Displace(task);
        Tasks.Remove(task.Row.No);
    }

    private static (int LowPriority, long Order) Order(StoredTask task) =>
        (9 - task.Submission.Priority, task.Row.Order);

    private void Displace(StoredTask task)
    {
        Leased.Remove(task.Row.No);
        if (Waiting.TryGetValue(Order(task), out var waiting) && waiting == task)
            Waiting.Remove(Order(task));
    }
}
