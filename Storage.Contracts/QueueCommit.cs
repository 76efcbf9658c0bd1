using System.Collections.ObjectModel;
using OrleansTasks.Audit;
using OrleansTasks.Feed;
using OrleansTasks.Files;
using OrleansTasks.Processing.Files;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage;

/// <summary>
/// Everything that a dispatcher decided in one round. It is written as a whole, and only if the dispatcher still owns
/// the queue (<see cref="ITaskStore.Commit"/>). Even an empty commit takes a sequence and proves ownership.
/// </summary>
/// <param name="QueueNo">The queue's number in the store.</param>
/// <param name="Epoch">The owner's epoch, from <see cref="ITaskStore.TakeEpoch"/>.</param>
/// <param name="Sequence">
/// The previous commit's sequence, under any epoch; 0 if there was none. This commit gets the next one.
/// </param>
/// <param name="LastNo">
/// The largest number given to a task, job, chunk run or place so far. The next owner continues from it.
/// </param>
/// <param name="At">The round's wall clock time, in Unix milliseconds.</param>
/// <param name="Writes">One entry for each changed task.</param>
/// <param name="Idempotency">
/// Keys to remember for 24 hours. If any queue has already stored one, the commit is refused.
/// </param>
/// <param name="Events">
/// State changes, in order. A record is stored even if there are none, so that readers can detect a lost one.
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
    /// <summary>Whether the commit adds something new. A full disk's reserve is only for commits that do not.</summary>
    public bool Grows =>
        Writes.Any(static write => write.New is not null) || Chunks.Any(static chunk => chunk.New is not null)
        || Jobs.Any(static job => job.Write.New is not null) || Schedules is { Bodies.Count: > 0 }
        || Workflows is { Outlines.Count: > 0 } or { Lists.Count: > 0 } || Rollouts is { Bodies.Count: > 0 };

    /// <summary>Changes to data jobs, in order; a job may have several.</summary>
    public IReadOnlyList<JobCommit> Jobs { get; init; } = [];

    /// <summary>New and ended chunks. Their jobs are stored, or new in this commit.</summary>
    public IReadOnlyList<ChunkWrite> Chunks { get; init; } = [];

    /// <summary>Changes to schedules and occurrences, or null.</summary>
    public ScheduleCommit? Schedules { get; init; }

    /// <summary>Changes to workflows, or null.</summary>
    public WorkflowCommit? Workflows { get; init; }

    /// <summary>Changes to rollouts, or null.</summary>
    public RolloutCommit? Rollouts { get; init; }

    /// <summary>
    /// The stored files that owners name from now on, in place of those they named before; no files for an owner that
    /// is gone. The files of new tasks are in their submissions.
    /// </summary>
    public IReadOnlyDictionary<FileUse, ImmutableArray<FileName>> FileUses { get; init; } =
        ReadOnlyDictionary<FileUse, ImmutableArray<FileName>>.Empty;

    /// <summary>
    /// Events of schedules, workflows and rollouts, in order, for the <see cref="IResourceEventStore"/>.
    /// </summary>
    public IReadOnlyCollection<ResourceChange> Resources { get; init; } = [];

    /// <summary>Who asked for the changes, one entry for each request.</summary>
    public IReadOnlyCollection<AuditRecord> Audit { get; init; } = [];

    /// <summary>Rows for undoing cancels and retries, or null.</summary>
    public UndoCommit? Undo { get; init; }

    /// <summary>The new <see cref="QueueOwnership.StartsFrom"/>; null leaves it unchanged.</summary>
    public long? StartsFrom { get; init; }

    /// <summary>
    /// True retires the queue, because it was deleted; false puts it back into use; null leaves it unchanged.
    /// </summary>
    public bool? IsRetired { get; init; }
}

/// <summary>
/// The result of <see cref="ITaskStore.Commit"/>. API callers may see the detail, so it names no server paths.
/// </summary>
public readonly record struct CommitResult(CommitOutcome Outcome, string? Detail = null)
{
    /// <summary>The result of a commit that is wholly on disk. Equal to <c>default</c>.</summary>
    public static CommitResult Committed => new(CommitOutcome.Committed);
}

/// <summary>The outcome of a commit (<see cref="ITaskStore.Commit"/>), and what the dispatcher does next.</summary>
/// <remarks>
/// <code>
/// Committed        the dispatcher answers its callers and continues
/// Fenced, Failed   it fails its callers and deactivates; the next activation reads the store again
/// Refused          it rereads the queue and repeats each operation alone; an operation that is refused alone fails
/// Unknown          it asks TakeEpoch whether the commit is on disk, answers its callers, and deactivates
/// </code>
/// </remarks>
public enum CommitOutcome
{
    /// <summary>The whole commit is on disk.</summary>
    Committed,

    /// <summary>Nothing was written: the queue has another epoch or sequence, so another activation owns it.</summary>
    Fenced,

    /// <summary>Nothing was written (disk full, database locked or unreachable); may succeed later.</summary>
    Failed,

    /// <summary>Nothing was written, and repeating cannot help (known idempotency key, oversized row).</summary>
    Refused,

    /// <summary>
    /// The store cannot tell whether the commit was written. It was if <see cref="ITaskStore.TakeEpoch"/>, expecting
    /// the commit's epoch, succeeds and returns <see cref="QueueCommit.Sequence"/> + 1. If that call fails, the queue
    /// has a new owner, and the outcome stays unknown.
    /// </summary>
    Unknown,
}

/// <summary>
/// A task's change in a <see cref="QueueCommit"/>. A task has one entry, however often it changes in the round; for
/// example, it may lose its node and be assigned again.
/// </summary>
public sealed class TaskWrite
{
    /// <summary>The changing columns after the commit.</summary>
    public required TaskRow Row { get; set; }

    /// <summary>
    /// The submission of a new task, whose spec, labels and secrets are stored. Null for a task that is already stored.
    /// </summary>
    public TaskSubmission? New { get; init; }

    /// <summary>The batch of a new task; null if it was submitted alone.</summary>
    public TaskId? Batch { get; init; }

    /// <summary>The node's report of an attempt that ended in this commit, or null.</summary>
    public AttemptResult? Result { get; set; }

    /// <summary>
    /// An attempt that ended while the task continues, or null. Ignored if the attempt is already stored.
    /// </summary>
    public EndedAttempt? Superseded { get; set; }

    /// <summary>
    /// Whether to remove the ended task's secrets. Those of a task that is new in this commit are never written.
    /// </summary>
    public bool DropSecrets { get; set; }

    /// <summary>
    /// The fingerprint if the task failed for good in this commit, or null. Stored until a retry or deletion.
    /// </summary>
    public long? Fingerprint { get; set; }

    /// <summary>Whether the end was already stored and counted, because the undo of a retry restores it.</summary>
    public bool IsOldEnd { get; set; }

    /// <summary>Whether to forget the stored fingerprint, because a user retried the task.</summary>
    public bool ForgetsFailure { get; set; }

    /// <summary>
    /// The memory in bytes that the next attempt reserves, because the last one ran out of it; 0 if that is as before.
    /// Only for a stored task whose resources have memory.
    /// </summary>
    public long ReservedMemory { get; set; }
}
