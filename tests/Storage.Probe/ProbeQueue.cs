using OrleansTasks.Feed;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage.Probe;

/// <summary>Writes tasks into one queue as fast as the store takes them.</summary>
internal sealed class ProbeQueue
{
    private static readonly ReadOnlyMemory<byte> Spec = """{"cmd":"/bin/echo 12345","retry":{"maxAttempts":1}}"""u8
        .ToArray();
    private readonly ITaskStore store;
    private readonly TaskIdSource ids = new(TimeProvider.System, new Random(1));
    private readonly Random random = new(2);
    private QueueOwnership owned;
    private long lastNo;

    private ProbeQueue(ITaskStore store, QueueOwnership owned)
    {
        this.store = store;
        this.owned = owned;
        lastNo = owned.LastNo;
    }

    internal int No => owned.QueueNo;

    internal static async Task<ProbeQueue> Take(ITaskStore store, string queue = "default") =>
        new(store, await store.TakeEpoch(queue, null, default));

    internal TaskWrite New(Func<TaskSubmission, TaskSubmission>? change = null)
    {
        var submission = new TaskSubmission(
            ids.Next(), "/bin/echo", 5, 0, 0, RetryPolicy.Default, [], [], Limits.None, Spec, default);
        submission = change?.Invoke(submission) ?? submission;
        return new TaskWrite
        {
            New = submission,
            Row = new TaskRow
            {
                No = ++lastNo, Id = submission.Id, State = TaskState.Queued, Order = lastNo, QueuedAt = Now(),
            },
        };
    }

    internal TaskWrite NewAssigned()
    {
        var write = New();
        write.Row = write.Row with
        {
            State = TaskState.Assigned, Attempt = 1, Node = "laptop",
            Token = new LeaseToken((ulong)random.NextInt64(), (ulong)random.NextInt64()),
        };
        return write;
    }

    internal static TaskWrite Finish(TaskWrite write, AttemptOutput? output, int exitCode = 0) => new()
    {
        Row = write.Row with
        {
            State = exitCode == 0 ? TaskState.Succeeded : TaskState.Failed, StartedAt = Now(), EndedAt = Now(),
            ExitCode = exitCode, Reason = EndReason.Exit,
        },
        Result = new AttemptResult(
            new LeaseRef(write.Row.Id, "default", 1, write.Row.Token), EndReason.Exit, exitCode, null, 3,
            output is null ? 0 : 900, output is null ? 0 : 3_000_000, output),
    };

    internal async Task Commit(IReadOnlyList<TaskWrite> writes, int transitions)
    {
        var events = new List<FeedEntry>(writes.Count * transitions);
        foreach (var write in writes)
        {
            for (var i = 0; i < transitions; i++)
                events.Add(new FeedEntry(write.Row.Id, write.Row.State, write.Row.Attempt));
        }

        var result = await store.Commit(new QueueCommit(
            owned.QueueNo, owned.Epoch, owned.Sequence, lastNo, Now(), writes, [], events));
        if (result.Outcome != CommitOutcome.Committed)
            throw new InvalidOperationException(result.Detail);
        owned = owned with { Sequence = owned.Sequence + 1 };
    }

    private static long Now() => TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
}
