using OrleansTasks.Events;
using OrleansTasks.Queues;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage;

/// <summary>
/// The durable store of all queues. Anyone may read. Only a queue's dispatcher writes its tasks, except that the silo's
/// upkeep deletes ended tasks and drops output.
/// </summary>
/// <remarks>
/// Writes are fenced: <see cref="TakeEpoch"/> gives a dispatcher a new epoch and the sequence of the last commit, and
/// the store refuses a <see cref="Commit"/> with any other pair. Methods throw <see cref="StoreUnavailableException"/>,
/// and those that write also throw <see cref="OutcomeUnknownException"/>; <see cref="Commit"/> throws neither.
/// <c>queueNo</c> is <see cref="QueueOwnership.QueueNo"/>. A task is open while scheduled, queued, assigned or running.
/// Implementations must pass <c>tests/Storage.Tests/Conformance</c>.
/// </remarks>
public interface ITaskStore
{
    /// <summary>Whether the store accepts work, judged by its last write and its free space. Cheap to read.</summary>
    StoreHealth Health { get; }

    /// <summary>Data jobs: reads, parts of their progress, and retention.</summary>
    IJobStore Jobs { get; }

    /// <summary>Schedules.</summary>
    IScheduleStore Schedules { get; }

    /// <summary>Workflows.</summary>
    IWorkflowStore Workflows { get; }

    /// <summary>Rollouts.</summary>
    IRolloutStore Rollouts { get; }

    /// <summary>Tasks as they were before a cancel or retry.</summary>
    IUndoStore Undo { get; }

    /// <summary>Which ended tasks still have their artifacts.</summary>
    IKeptArtifactStore Artifacts { get; }

    /// <summary>The maximum number of queues in use. At the maximum, <see cref="TakeEpoch"/> creates none.</summary>
    int MaxQueues { get; set; }

    /// <summary>
    /// Makes the caller the owner of a queue, creating the queue if needed. Waits for a commit in progress. Afterwards
    /// no commit with an earlier epoch can land, so a new owner reads the queue only after this call.
    /// </summary>
    /// <param name="queue">The queue.</param>
    /// <param name="expected">
    /// The epoch that must be stored; otherwise nothing changes. Null takes the queue from any owner.
    /// </param>
    /// <param name="cancellation">Ends the wait for the store; a write that has begun finishes.</param>
    /// <exception cref="TooManyQueuesException">The queue is new and the store is full.</exception>
    Task<QueueOwnership> TakeEpoch(string queue, long? expected, CancellationToken cancellation);

    /// <summary>Whether only one process can use the store, in which case ownership needs no proof.</summary>
    bool IsExclusive { get; }

    /// <summary>
    /// Returns whether the epoch is still stored, which means that no later owner had taken the queue when the call was
    /// made. The answer is as durable as a commit, so a database server that was replaced cannot return true.
    /// </summary>
    Task<bool> Prove(int queueNo, long epoch);

    /// <summary>
    /// Writes all of a commit or nothing. Survives a power cut. Never throws. An owner commits one at a time.
    /// </summary>
    Task<CommitResult> Commit(QueueCommit commit);

    /// <summary>
    /// Returns the tasks that nodes hold, which are assigned or running. A new owner reads them first.
    /// </summary>
    Task<ImmutableArray<OpenTask>> LoadLeased(int queueNo, CancellationToken cancellation);

    /// <summary>
    /// Returns a page of waiting tasks: by priority from 9 down, then by <see cref="TaskRow.Order"/>, after the given
    /// pair (10 and 0 to start). A page with fewer than <paramref name="limit"/> tasks is the last.
    /// </summary>
    Task<ImmutableArray<OpenTask>> LoadWaiting(int queueNo, int priority, long order, int limit, CancellationToken cancellation);

    /// <summary>Returns the number of scheduled and queued tasks.</summary>
    Task<int> CountWaiting(int queueNo);

    /// <summary>
    /// Returns the entries of the given keys that are younger than 24 hours, of any queue, in any order.
    /// </summary>
    Task<ImmutableArray<IdempotencyEntry>> FindIdempotent(ImmutableArray<ReadOnlyMemory<byte>> keys, long now);

    /// <summary>Returns those of the tasks that the queue has, open or ended, in any order.</summary>
    Task<ImmutableArray<OpenTask>> Find(int queueNo, ImmutableArray<TaskId> ids);

    /// <summary>
    /// Returns the specs of those tasks that exist, in any order. Includes secrets until the task has ended.
    /// </summary>
    Task<ImmutableArray<StoredSpec>> ReadSpecs(ImmutableArray<TaskId> ids);

    /// <summary>Returns every stored queue with its numbers of open tasks, by name.</summary>
    Task<ImmutableArray<QueueStatus>> ListQueues();

    /// <summary>
    /// Returns the queues in use that have no task, job, workflow, schedule or rollout, oldest first.
    /// </summary>
    Task<ImmutableArray<string>> ListUnused();

    /// <summary>Returns the task, or null.</summary>
    Task<TaskRecord?> Get(TaskId id);

    /// <summary>Returns tasks, newest first, older than <paramref name="before"/> if given.</summary>
    Task<ImmutableArray<TaskRecord>> List(
        TaskFilter filter, TaskId? before, int limit, CancellationToken cancellation = default);

    /// <summary>
    /// Returns a page in the query's order: largest value first, then newest id. Returns null if the order is not by
    /// creation and more than <see cref="TaskListQuery.MostSorted"/> tasks match.
    /// </summary>
    Task<ImmutableArray<TaskRecord>?> ListBy(TaskListQuery query, CancellationToken cancellation = default);

    /// <summary>Counts matching tasks by creation time and state.</summary>
    Task<TaskHistogram> Histogram(TaskHistogramQuery query, CancellationToken cancellation = default);

    /// <summary>Counts matching tasks in one snapshot of the store.</summary>
    Task<TaskSummary> Summarize(TaskFilter filter, CancellationToken cancellation = default);

    /// <summary>
    /// Returns matching tasks for a bulk request, oldest first; only later ones than <paramref name="after"/> if set.
    /// </summary>
    Task<ImmutableArray<TaskMatch>> Match(
        TaskFilter filter, TaskId? after, int limit, CancellationToken cancellation = default);

    /// <summary>Groups matching failed tasks by fingerprint: largest group first, then by fingerprint.</summary>
    Task<ImmutableArray<StoredFailures>> Failures(FailureQuery query, CancellationToken cancellation = default);

    /// <summary>
    /// Returns a task's attempts in order, or null if there is no such task. Omits those given back before their start.
    /// </summary>
    Task<ImmutableArray<AttemptRecord>?> Attempts(TaskId id);

    /// <summary>Returns the result of the successful attempt; empty if there is none.</summary>
    Task<ReadOnlyMemory<byte>> ReadResult(TaskId id);

    /// <summary>Returns where an attempt's output is stored, or null. Attempt 0 means the latest.</summary>
    Task<StoredOutput?> FindOutput(TaskId id, int attempt);

    /// <summary>Returns each queue's range of stored events.</summary>
    Task<ImmutableArray<EventPosition>> EventPositions();

    /// <summary>Returns events after a number, in commit order. Numbers span all queues and are never reused.</summary>
    Task<EventLogPage> ReadEventLog(long after, int limit);

    /// <summary>Returns a queue's events after a sequence, from at most <paramref name="limit"/> commits.</summary>
    Task<ImmutableArray<EventRecord>> ReadEvents(string queue, long after, int limit);

    /// <summary>
    /// Deletes at most <paramref name="limit"/> tasks with all that belongs to them, oldest end first: those that
    /// succeeded before <paramref name="endedBefore"/>, and those that failed or were cancelled before
    /// <paramref name="failedBefore"/> (Unix milliseconds). Keeps the source task of an open job, and the tasks of
    /// stored workflows; workflows and rollouts that ended before <paramref name="failedBefore"/> are deleted first.
    /// Also deletes idempotency keys older than 24 hours, <see cref="Undo"/> rows older than
    /// <see cref="UndoRow.KeptFor"/>, and events beyond their bound. Reads only tasks that it deletes, in steps short
    /// enough not to delay commits; if it throws, some steps may be done. Returns the deleted tasks, whose output the
    /// caller deletes; fewer than the limit means that none is left.
    /// </summary>
    Task<ImmutableArray<TaskId>> Prune(long endedBefore, long failedBefore, int limit);

    /// <summary>
    /// Marks output of ended tasks as dropped, earliest end first, until at most <paramref name="keepBytes"/> remain.
    /// Ignores the source task of an open job. After a call that reached the limit, the next one with the same bound
    /// may continue with the tasks that the first one found. Returns the marked tasks. One may have been retried since,
    /// so the caller deletes only output that <see cref="FindOutput"/> still shows as dropped.
    /// </summary>
    Task<ImmutableArray<TaskId>> DropOutput(long keepBytes, int limit);
}
