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
