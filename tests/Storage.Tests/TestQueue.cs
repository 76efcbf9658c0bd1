using OrleansTasks.Feed;

namespace OrleansTasks.Storage.Tests;

/// <summary>Owns a queue of a store under test as a dispatcher would: keeps epoch, sequence and numbers.</summary>
public sealed class TestQueue(ITaskStore store, string name, TestClock clock)
{
    public QueueOwnership Owned { get; set; } = null!;

    public string Name => name;

    public int No => Owned.QueueNo;

    public long LastNo { get; private set; }

    public static async Task<TestQueue> Take(ITaskStore store, TestClock clock, string name = "default")
    {
        var queue = new TestQueue(store, name, clock);
        await queue.TakeOver();
        return queue;
    }

    public async Task TakeOver()
    {
        Owned = await store.TakeEpoch(name, null, default);
        LastNo = Owned.LastNo;
    }

    /// <summary>A new task, queued; the next number of the queue.</summary>
    public TaskWrite New(
        Func<TaskSubmission, TaskSubmission>? change = null, Func<TaskRow, TaskRow>? row = null, TaskId? batch = null)
    {
        var id = clock.Ids.Next();
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

    public QueueCommit Plan(IReadOnlyList<TaskWrite> writes, params IdempotencyEntry[] keys) => new(
        No, Owned.Epoch, Owned.Sequence, LastNo, clock.Now, writes, keys,
        [.. writes.Select(w => new FeedEntry(w.Row.Id, w.Row.State, w.Row.Attempt))]);

    public async Task<CommitResult> TryCommit(QueueCommit commit)
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
