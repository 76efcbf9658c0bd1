using OrleansTasks.Events;
using OrleansTasks.Queues;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage;

/// <summary>
/// Where the tasks of all partitions are. Writing is fenced: only the owner of a partition's current epoch can commit, and each of its
/// commits carries the next sequence. Implementations pass the store conformance suite. Methods throw
/// <see cref="StoreUnavailableException"/> when the store cannot be read or written, and those that write throw
/// <see cref="OutcomeUnknownException"/> when nobody can say whether they have; <see cref="Commit"/> throws neither. Where a partition is
/// an <c>int</c>, it is its number in the store (<see cref="PartitionOwnership.Partition"/>).
/// </summary>
public interface ITaskStore
{
    /// <summary>Whether the store takes work now, by the last write and the free space. Does no I/O.</summary>
    StoreHealth Health { get; }

    /// <summary>Reads the jobs.</summary>
    IJobStore Jobs { get; }

    /// <summary>
    /// Takes a partition over: makes its row if there is none, raises its epoch and returns what is stored of it. It waits until a commit
    /// that is under way is decided, and no commit of the epoch before can land afterwards; so the new owner loads only after this.
    /// With <paramref name="expected"/> given and another epoch stored, nothing changes and <see cref="PartitionOwnership.Taken"/> is
    /// false; null takes the partition from whatever owner it has.
    /// </summary>
    Task<PartitionOwnership> TakeEpoch(PartitionKey partition, long? expected, CancellationToken cancellation);

    /// <summary>
    /// Writes everything of a commit or nothing, durably: when it answers <see cref="CommitOutcome.Committed"/> the rows
    /// survive a power cut. It never throws; what went wrong is in the result. An owner has one commit under way at a time.
    /// </summary>
    Task<CommitResult> Commit(PartitionCommit commit);

    /// <summary>The open tasks that a node holds (assigned or running).</summary>
    Task<ImmutableArray<OpenTask>> LoadLeased(int partition, CancellationToken cancellation);

    /// <summary>
    /// At most <paramref name="limit"/> of the scheduled and queued tasks: by priority from 9 down, then by order, beginning
    /// after (<paramref name="priority"/>, <paramref name="order"/>); begin with (10, 0).
    /// </summary>
    Task<ImmutableArray<OpenTask>> LoadWaiting(int partition, int priority, long order, int limit, CancellationToken cancellation);

    /// <summary>
    /// The stored entries, of any partition, of those idempotency keys that are known and less than 24 hours old at
    /// <paramref name="now"/> (Unix milliseconds); in any order.
    /// </summary>
    Task<ImmutableArray<IdempotencyEntry>> FindIdempotent(ImmutableArray<ReadOnlyMemory<byte>> keys, long now);

    /// <summary>The stored form of those tasks of a partition that exist, open or ended, in any order.</summary>
    Task<ImmutableArray<OpenTask>> Find(int partition, ImmutableArray<TaskId> ids);

    /// <summary>The specs of those tasks that exist, with their secrets as long as these are kept, in any order.</summary>
    Task<ImmutableArray<StoredSpec>> ReadSpecs(ImmutableArray<TaskId> ids);

    /// <summary>Every stored partition with its counts of open tasks, by queue name and number.</summary>
    Task<ImmutableArray<PartitionStatus>> ListPartitions();

    /// <summary>The task, or null.</summary>
    Task<TaskRecord?> Get(TaskId id);

    /// <summary>At most <paramref name="limit"/> tasks, newest first, older than <paramref name="before"/> if given.</summary>
    Task<ImmutableArray<TaskRecord>> List(TaskFilter filter, TaskId? before, int limit);

    /// <summary>Counts over a filter, from one snapshot.</summary>
    Task<TaskSummary> Summarize(TaskFilter filter);

    /// <summary>At most <paramref name="limit"/> ids, oldest first, later than <paramref name="after"/> if given.</summary>
    Task<ImmutableArray<TaskMatch>> Match(TaskFilter filter, TaskId? after, int limit);

    /// <summary>The attempts of a task from the first to the latest; null when there is no such task.</summary>
    Task<ImmutableArray<AttemptRecord>?> Attempts(TaskId id);

    /// <summary>Where an attempt's output is; attempt 0 means the latest; null when there is no such task or attempt.</summary>
    Task<StoredOutput?> FindOutput(TaskId id, int attempt);

    /// <summary>Which events of every partition are stored.</summary>
    Task<ImmutableArray<EventPosition>> EventPositions();

    /// <summary>
    /// The events of at most <paramref name="limit"/> commits of all partitions after a number of the log. Numbers rise in the order of
    /// the commits and are never given again.
    /// </summary>
    Task<EventLogPage> ReadEventLog(long after, int limit);

    /// <summary>The events of at most <paramref name="limit"/> commits of a partition after a sequence, in order.</summary>
    Task<ImmutableArray<EventRecord>> ReadEvents(PartitionKey partition, long after, int limit);

    /// <summary>
    /// Deletes at most <paramref name="limit"/> tasks that ended before <paramref name="endedBefore"/> (Unix milliseconds) with
    /// all that belongs to them, idempotency keys older than 24 hours and events beyond their bound. Returns the tasks' ids: the caller
    /// deletes their output. Fewer than <paramref name="limit"/> means that no such task is left. Deletes in steps that commits need not
    /// wait for; when it throws, some of it may be done.
    /// </summary>
    Task<ImmutableArray<TaskId>> Prune(long endedBefore, int limit);

    /// <summary>
    /// Marks the output of ended tasks in the <see cref="IOutputStore"/> as dropped, oldest end first, until the rest has no more than
    /// <paramref name="keepBytes"/> in all; at most <paramref name="limit"/> tasks. Returns their ids: the caller deletes the output.
    /// </summary>
    Task<ImmutableArray<TaskId>> DropOutput(long keepBytes, int limit);
}
