namespace OrleansTasks.Tasks;

/// <summary>
/// Reads tasks from the store for gateways. Stateless: any number of activations run in parallel. Key: any; use
/// <c>reader</c>. Every method throws <see cref="Storage.StoreUnavailableException"/> if the store cannot be read.
/// </summary>
[Alias("ot.ITaskReaderGrain")]
public interface ITaskReaderGrain : IGrainWithStringKey
{
    /// <summary>Returns the task, or null if there is none.</summary>
    [Alias("Get")]
    Task<TaskRecord?> Get(TaskId id);

    /// <summary>
    /// Returns at most <paramref name="limit"/> tasks, newest first; only those older than <paramref name="before"/> if
    /// it is given.
    /// </summary>
    [Alias("List")]
    Task<ImmutableArray<TaskRecord>> List(
        TaskFilter filter, TaskId? before, int limit, CancellationToken cancellation = default);

    /// <summary>Returns those of the tasks that exist, as rows of a list, in any order.</summary>
    [Alias("GetRows")]
    Task<ImmutableArray<TaskRecord>> GetRows(ImmutableArray<TaskId> ids);

    /// <summary>
    /// Returns a page of an ordered list of tasks. Returns null if the order is not by creation and more than
    /// <see cref="TaskListQuery.MostSorted"/> tasks match.
    /// </summary>
    [Alias("ListBy")]
    Task<ImmutableArray<TaskRecord>?> ListBy(TaskListQuery query, CancellationToken cancellation = default);

    /// <summary>Counts the tasks that a filter matches, by time of creation.</summary>
    [Alias("Histogram")]
    Task<TaskHistogram> Histogram(TaskHistogramQuery query, CancellationToken cancellation = default);

    /// <summary>Counts the tasks that a filter matches, by state, node and exit code.</summary>
    [Alias("Summarize")]
    Task<TaskSummary> Summarize(TaskFilter filter, CancellationToken cancellation = default);

    /// <summary>
    /// Returns at most <paramref name="limit"/> ids with queue and state, oldest first; only those later than
    /// <paramref name="after"/> if it is given.
    /// </summary>
    [Alias("Match")]
    Task<ImmutableArray<TaskMatch>> Match(
        TaskFilter filter, TaskId? after, int limit, CancellationToken cancellation = default);

    /// <summary>
    /// Returns the queues in which a cancel or retry can be undone; empty if it can no longer be undone.
    /// </summary>
    [Alias("UndoParts")]
    Task<ImmutableArray<UndoPart>> UndoParts(TaskId operation);

    /// <summary>Returns failed tasks grouped by fingerprint: largest group first, then by fingerprint.</summary>
    [Alias("Failures")]
    Task<ImmutableArray<FailureGroup>> Failures(FailureQuery query, CancellationToken cancellation = default);

    /// <summary>Returns the task's attempts from first to latest; null if there is no such task.</summary>
    [Alias("Attempts")]
    Task<ImmutableArray<AttemptRecord>?> Attempts(TaskId id);

    /// <summary>
    /// Returns a task's result as its command wrote it; empty if there is no such task or it has no result.
    /// </summary>
    [Alias("ReadResult")]
    Task<ReadOnlyMemory<byte>> ReadResult(TaskId id);

    /// <summary>
    /// Returns a page of at most <paramref name="count"/> bytes (up to 1 MiB) of an attempt's output; null if there is
    /// no such task or attempt. Attempt 0 means the latest.
    /// </summary>
    [Alias("ReadOutput")]
    Task<OutputPage?> ReadOutput(TaskId id, int attempt, OutputStream stream, long offset, int count);

    /// <summary>
    /// Returns the progress of at most <paramref name="limit"/> tasks that nodes hold, the latest reports first.
    /// </summary>
    [Alias("Progress")]
    Task<ImmutableArray<RunningProgress>> Progress(int limit);

    /// <summary>
    /// Returns the tasks that programs submitted in their own transactions and that are not accepted; none without
    /// PostgreSQL.
    /// </summary>
    [Alias("Submissions")]
    Task<SubmissionStatus> Submissions();
}
