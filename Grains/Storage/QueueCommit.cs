using OrleansTasks.Audit;
using OrleansTasks.Feed;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage;

/// <summary>
/// Everything that a dispatcher, the owner of a queue, decided in one round of its loop, to be written
/// in one transaction, all or nothing (<see cref="ITaskStore.Commit"/>). Unless <paramref name="Epoch"/> and
/// <paramref name="Sequence"/> are the stored ones, the store writes nothing
/// (<see cref="CommitOutcome.Fenced"/>): another owner has taken the queue over. A commit with empty lists is
/// useful, too: it takes a sequence, and its success proves that the dispatcher still owns the queue.
/// </summary>
/// <param name="QueueNo">The queue's number in the store.</param>
/// <param name="Epoch">The ownership number that the dispatcher took with <see cref="ITaskStore.TakeEpoch"/>.</param>
/// <param name="Sequence">
/// The number of the queue's commit before this one, under any epoch; 0 for the first. This commit gets
/// <paramref name="Sequence"/> + 1.
/// </param>
/// <param name="LastNo">
/// The largest number that the queue has given so far. Tasks, jobs, chunk runs and places in the order share one
/// series of numbers. The next owner of the queue goes on from here.
/// </param>
/// <param name="At">The time of the round by the wall clock, in Unix milliseconds.</param>
/// <param name="Writes">The tasks that changed: one entry for each task, however often it changed in the round.</param>
/// <param name="Idempotency">
/// The idempotency keys of requests in the round, to be remembered for 24 hours with their answers. A key that any
/// queue has stored already makes the store refuse the whole commit (<see cref="CommitOutcome.Refused"/>).
/// </param>
/// <param name="Events">
/// Every change of a task's or job's state in the round, in order. The store keeps them as one record under the new
/// sequence, even when there are none, so that a reader sees a lost record as a gap.
/// </param>
public sealed record QueueCommit(
    int QueueNo,
    long Epoch,
    long Sequence,
    long LastNo,
    long At,
    IReadOnlyList<TaskWrite> Writes,
    IReadOnlyList<IdempotencyEntry> Idempotency,
    IReadOnlyList<FeedEntry> Events)
{
    /// <summary>
    /// Whether something is new in it: tasks, chunks, jobs, workflows, items, schedules. A full disk's reserve is for
    /// commits that only end, cancel and move what is stored.
    /// </summary>
    public bool Grows =>
        Writes.Any(static write => write.New is not null) || Chunks.Any(static chunk => chunk.New is not null)
        || Jobs.Any(static job => job.Write.New is not null) || Schedules is { Bodies.Count: > 0 }
        || Workflows is { Outlines.Count: > 0 } or { Lists.Count: > 0 };

    /// <summary>
    /// The data jobs that are new or changed, in the order of the changes. A job may have several entries.
    /// </summary>
    public IReadOnlyList<JobCommit> Jobs { get; init; } = [];

    /// <summary>
    /// The chunks of data jobs that are new or have ended. Their jobs are stored or new in this commit.
    /// </summary>
    public IReadOnlyList<ChunkWrite> Chunks { get; init; } = [];

    /// <summary>What changes of schedules and their occurrences; null when nothing does.</summary>
    public ScheduleCommit? Schedules { get; init; }

    /// <summary>What changes of workflows; null when nothing does.</summary>
    public WorkflowCommit? Workflows { get; init; }

    /// <summary>Who asked for changes of the commit; one entry for each request.</summary>
    public IReadOnlyCollection<AuditRecord> Audit { get; init; } = [];

    /// <summary>What is kept so that cancels and retries can be undone; null when nothing is.</summary>
    public UndoCommit? Undo { get; init; }

    /// <summary>
    /// Where the queue's starts stand under a limited rate (<see cref="QueueOwnership.StartsFrom"/>); null to
    /// leave it as it is.
    /// </summary>
    public long? StartsFrom { get; init; }

    /// <summary>
    /// True to retire the queue, because it is deleted; false to take it into use again; null to leave it.
    /// </summary>
    public bool? IsRetired { get; init; }
}
