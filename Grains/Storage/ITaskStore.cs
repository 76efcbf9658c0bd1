using OrleansTasks.Events;
using OrleansTasks.Queues;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage;

/// <summary>
/// The durable store of all queues: tasks with their attempts, events, idempotency keys, and jobs. A dispatcher is
/// the grain that owns a queue; it alone writes the queue's tasks, except that the silo's upkeep
/// deletes ended tasks and drops output. Reader grains, other grains and the silo's services read all queues.
/// </summary>
/// <remarks>
/// Writes are fenced. A dispatcher first takes its queue with <see cref="TakeEpoch"/>, which gives it a new epoch
/// (an ownership number) and the sequence of the last commit. Each <see cref="Commit"/> carries both numbers, and the
/// store refuses a commit whose numbers are not the stored ones. So a dispatcher that was replaced without knowing it
/// cannot write.
/// <para>
/// Methods throw <see cref="StoreUnavailableException"/> when the store cannot be read or written, and those that write
/// throw <see cref="OutcomeUnknownException"/> when the store cannot tell whether the write landed;
/// <see cref="Commit"/> throws neither. A <c>queueNo</c> is the queue's number in the store
/// (<see cref="QueueOwnership.QueueNo"/>). Open means scheduled, queued, assigned or running. Every
/// implementation must pass the conformance tests in <c>tests/Storage.Tests/Conformance</c>.
/// </para>
/// </remarks>
public interface ITaskStore
{
    /// <summary>
    /// Whether the store takes work now, by its last write and the disk's free space. Cheap enough for every request.
    /// </summary>
    StoreHealth Health { get; }

    /// <summary>The store's jobs: reads them, stores parts of their progress, and deletes old ones.</summary>
    IJobStore Jobs { get; }

    /// <summary>The store's schedules: reads them.</summary>
    IScheduleStore Schedules { get; }

    /// <summary>The store's workflows: reads them.</summary>
    IWorkflowStore Workflows { get; }

    /// <summary>Tasks as they were before they were cancelled or retried: reads them.</summary>
    IUndoStore Undo { get; }

    /// <summary>How many queues may be in use: at so many, <see cref="TakeEpoch"/> makes no queue.</summary>
    int MaxQueues { get; set; }

    /// <summary>
    /// Makes the caller the owner of a queue: raises the queue's epoch, after making the queue if it is
    /// new, and returns what a new owner must know. The call waits for a commit that is under way, and no commit of an
    /// earlier epoch can land afterwards; so a new owner reads the queue only after this call.
    /// </summary>
    /// <param name="queue">The queue.</param>
    /// <param name="expected">
    /// The epoch that must be stored; with another one, or without a stored queue, nothing changes and
    /// <see cref="QueueOwnership.Taken"/> is false. Null takes the queue from any owner.
    /// </param>
    /// <param name="cancellation">
    /// Cancels the call while it waits for its turn; a write that has begun is finished.
    /// </param>
    /// <exception cref="TooManyQueuesException">The queue is new, and the store has as many queues as it may.</exception>
    Task<QueueOwnership> TakeEpoch(string queue, long? expected, CancellationToken cancellation);

    /// <summary>
    /// Whether only one process can use the store. Ownership then needs no proof: nobody outside this process can take
    /// a queue over.
    /// </summary>
    bool IsExclusive { get; }

    /// <summary>
    /// Whether an epoch is still the one that is stored. True proves that no later owner had taken the queue when
    /// the call was made; it is as durable as a commit, so that a database server that was replaced cannot give it.
    /// </summary>
    Task<bool> Prove(int queueNo, long epoch);

    /// <summary>
    /// Writes a whole commit or nothing. After <see cref="CommitOutcome.Committed"/> the rows survive a power cut.
    /// Never throws: the result says what went wrong. An owner has one commit under way at a time.
    /// </summary>
    Task<CommitResult> Commit(QueueCommit commit);

    /// <summary>Returns the tasks that a node holds (assigned or running). A new owner reads them first.</summary>
    Task<ImmutableArray<OpenTask>> LoadLeased(int queueNo, CancellationToken cancellation);

    /// <summary>
    /// Returns a page of the scheduled and queued tasks: at most <paramref name="limit"/>, by priority from 9 down,
    /// then by order. A new owner reads them page by page; fewer than <paramref name="limit"/> are the last page.
    /// </summary>
    /// <param name="queueNo">The queue.</param>
    /// <param name="priority">The priority of the last task of the page before; 10 for the first page.</param>
    /// <param name="order">The <see cref="TaskRow.Order"/> of that task; 0 for the first page.</param>
    /// <param name="limit">The most tasks.</param>
    /// <param name="cancellation">Cancels the read.</param>
    Task<ImmutableArray<OpenTask>> LoadWaiting(int queueNo, int priority, long order, int limit, CancellationToken cancellation);

    /// <summary>Returns how many tasks of the queue are scheduled or queued.</summary>
    Task<int> CountWaiting(int queueNo);

    /// <summary>
    /// Returns the entries of those idempotency keys that are stored, by any queue, and less than 24 hours old at
    /// <paramref name="now"/> (Unix milliseconds); in any order.
    /// </summary>
    Task<ImmutableArray<IdempotencyEntry>> FindIdempotent(ImmutableArray<ReadOnlyMemory<byte>> keys, long now);

    /// <summary>
    /// Returns those tasks that exist in the queue, open or ended, in any order. A dispatcher looks up the ended
    /// tasks that it is asked to retry, and open tasks that it has not read yet.
    /// </summary>
    Task<ImmutableArray<OpenTask>> Find(int queueNo, ImmutableArray<TaskId> ids);

    /// <summary>
    /// Returns the specs of those tasks that exist, in any order. They have the tasks' secrets until the tasks end.
    /// </summary>
    Task<ImmutableArray<StoredSpec>> ReadSpecs(ImmutableArray<TaskId> ids);

    /// <summary>Returns every stored queue with its counts of open tasks, by name.</summary>
    Task<ImmutableArray<QueueStatus>> ListQueues();

    /// <summary>
    /// Returns the queues that are not retired and of which no task, job, workflow or schedule is stored, in the
    /// order in which they were made. They may have settings.
    /// </summary>
    Task<ImmutableArray<string>> ListUnused();

    /// <summary>Returns the task; null when there is none.</summary>
    Task<TaskRecord?> Get(TaskId id);

    /// <summary>
    /// Returns at most <paramref name="limit"/> tasks, newest first; only tasks older than <paramref name="before"/>
    /// unless that is null.
    /// </summary>
    Task<ImmutableArray<TaskRecord>> List(
        TaskFilter filter, TaskId? before, int limit, CancellationToken cancellation = default);

    /// <summary>
    /// Returns a page of an ordered list of tasks: those after <see cref="TaskListQuery.After"/>, the largest value first, equal
    /// ones from the newest id on. Null when it is not ordered by creation and more than
    /// <see cref="TaskListQuery.MostSorted"/> tasks match.
    /// </summary>
    Task<ImmutableArray<TaskRecord>?> ListBy(TaskListQuery query, CancellationToken cancellation = default);

    /// <summary>Counts the tasks that match a filter, by the time of their creation and by state.</summary>
    Task<TaskHistogram> Histogram(TaskHistogramQuery query, CancellationToken cancellation = default);

    /// <summary>Counts the tasks that match a filter, in one snapshot of the store.</summary>
    Task<TaskSummary> Summarize(TaskFilter filter, CancellationToken cancellation = default);

    /// <summary>
    /// Returns the ids of at most <paramref name="limit"/> tasks, oldest first, with what a bulk request needs; only
    /// tasks later than <paramref name="after"/> unless that is null.
    /// </summary>
    Task<ImmutableArray<TaskMatch>> Match(
        TaskFilter filter, TaskId? after, int limit, CancellationToken cancellation = default);

    /// <summary>
    /// Returns the finally failed tasks that match, in groups of one fingerprint: most tasks first, then by fingerprint.
    /// </summary>
    Task<ImmutableArray<StoredFailures>> Failures(FailureQuery query, CancellationToken cancellation = default);

    /// <summary>
    /// Returns a task's attempts, from the first to the latest; null when there is no such task. An attempt that its
    /// node gave back before the start is missing.
    /// </summary>
    Task<ImmutableArray<AttemptRecord>?> Attempts(TaskId id);

    /// <summary>
    /// Returns the result that the task's command left: that of the attempt that succeeded. Empty when there is no such
    /// task, when it has not succeeded, or when the attempt left none.
    /// </summary>
    Task<ReadOnlyMemory<byte>> ReadResult(TaskId id);

    /// <summary>
    /// Returns where an attempt's output is. Attempt 0 means the latest; if the task has had no attempt, the answer has
    /// attempt 0, too. Null when there is no such task or attempt.
    /// </summary>
    Task<StoredOutput?> FindOutput(TaskId id, int attempt);

    /// <summary>Returns, for every queue, the range of the stored events.</summary>
    Task<ImmutableArray<EventPosition>> EventPositions();

    /// <summary>
    /// Returns the events of at most <paramref name="limit"/> commits of all queues, in the order of the commits,
    /// after the number <paramref name="after"/>. The store numbers commits of all queues together; a number is
    /// never given again.
    /// </summary>
    Task<EventLogPage> ReadEventLog(long after, int limit);

    /// <summary>
    /// Returns the events of at most <paramref name="limit"/> commits of a queue with a sequence larger than
    /// <paramref name="after"/>, in order.
    /// </summary>
    Task<ImmutableArray<EventRecord>> ReadEvents(string queue, long after, int limit);

    /// <summary>
    /// Deletes at most <paramref name="limit"/> tasks with all that belongs to them: tasks that succeeded before
    /// <paramref name="endedBefore"/>, and tasks that failed or were cancelled before <paramref name="failedBefore"/> (Unix
    /// milliseconds), oldest end first. Walks only tasks that it deletes. Spares the source task of a job that has not ended: the task whose
    /// output is the job's items, and the tasks of stored workflows. Workflows that ended before
    /// <paramref name="failedBefore"/> are deleted first, so that all their tasks can go. Also deletes idempotency keys
    /// older than 24 hours, rows of <see cref="Undo"/> older than
    /// <see cref="UndoRow.KeptFor"/>, and events beyond their bound. Works in steps so short that commits need not wait; when it
    /// throws, some steps may be done.
    /// </summary>
    /// <returns>
    /// The ids of the deleted tasks, whose output the caller deletes from the <see cref="IOutputStore"/>. Fewer than
    /// <paramref name="limit"/> means that no such task is left.
    /// </returns>
    Task<ImmutableArray<TaskId>> Prune(long endedBefore, long failedBefore, int limit);

    /// <summary>
    /// Marks output in the <see cref="IOutputStore"/> as dropped, in the order in which the tasks ended, until the
    /// output of ended tasks has at most <paramref name="keepBytes"/> in all. Marks at most <paramref name="limit"/>
    /// tasks. The source task of a job that has not ended is spared and not counted.
    /// </summary>
    /// <returns>
    /// The ids of the marked tasks. The caller deletes the output of those attempts that <see cref="FindOutput"/> then
    /// shows as dropped, and of no other: a marked task may have been retried since.
    /// </returns>
    Task<ImmutableArray<TaskId>> DropOutput(long keepBytes, int limit);
}
