using OrleansTasks.Feed;
using OrleansTasks.Queues;

namespace OrleansTasks.Storage.Tests;

/// <summary>Owns a partition of a store under test as a dispatcher would: keeps epoch, sequence and numbers.</summary>
public sealed class TestPartition(ITaskStore store, PartitionKey key, TestClock clock)
{
    public PartitionOwnership Owned { get; set; } = null!;

    public PartitionKey Key => key;

    public int No => Owned.Partition;

    public long LastNo { get; private set; }

    public static async Task<TestPartition> Take(
        ITaskStore store, TestClock clock, string queue = "default", int number = 0)
    {
        var partition = new TestPartition(store, new PartitionKey(queue, number), clock);
        await partition.TakeOver();
        return partition;
    }

    public async Task TakeOver()
    {
        Owned = await store.TakeEpoch(key, null, default);
        LastNo = Owned.LastNo;
    }

    /// <summary>A new task, queued; the next number of the partition.</summary>
    public TaskWrite New(
        Func<TaskSubmission, TaskSubmission>? change = null, Func<TaskRow, TaskRow>? row = null, TaskId? batch = null)
    {
        var id = clock.Ids.Next(key.Number);
        var submission = new TaskSubmission(
            id, "echo", 5, 0, 0, RetryPolicy.Default, [], [], Limits.None, """{"cmd":"echo"}"""u8.ToArray(), default);
        submission = change?.Invoke(submission) ?? submission;
        var no = ++LastNo;
        var fresh = new TaskRow { No = no, Id = submission.Id, State = TaskState.Queued, Order = no, QueuedAt =
            clock.Now };
        return new TaskWrite { Row = row?.Invoke(fresh) ?? fresh, New = submission, Batch = batch };
    }

    /// <summary>The row of a written task, changed.</summary>
    public static TaskWrite Change(TaskWrite of, Func<TaskRow, TaskRow> change) => new() { Row = change(of.Row) };

    public PartitionCommit Plan(IReadOnlyList<TaskWrite> writes, params IdempotencyEntry[] keys) => new(
        No, Owned.Epoch, Owned.Sequence, LastNo, clock.Now, writes, keys,
        [.. writes.Select(w => new FeedEntry(w.Row.Id, w.Row.State, w.Row.Attempt))]);

    public async Task<CommitResult> TryCommit(PartitionCommit commit)
    {
        var result = await store.Commit(commit);
        if (result.Outcome == CommitOutcome.Committed)
            Owned = Owned with { Sequence = Owned.Sequence + 1 };
        return result;
    }

    public async Task Commit(params TaskWrite[] writes) =>
        Assert.Equal(CommitResult.Committed, await TryCommit(Plan(writes)));

    public async Task Commit(IdempotencyEntry key, params TaskWrite[] writes) =>
        Assert.Equal(CommitResult.Committed, await TryCommit(Plan(writes, key)));
}
