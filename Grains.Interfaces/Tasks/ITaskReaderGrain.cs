namespace OrleansTasks.Tasks;

/// <summary>
/// Reads tasks from the store for the gateways: any number of them run side by side, none holds state. Key: any; use
/// <c>reader</c>. Every method throws <see cref="Storage.StoreUnavailableException"/> when the store cannot be read.
/// </summary>
[Alias("ot.ITaskReaderGrain")]
public interface ITaskReaderGrain : IGrainWithStringKey
{
    /// <summary>The task, or null.</summary>
    [Alias("Get")]
    Task<TaskRecord?> Get(TaskId id);

    /// <summary>At most <paramref name="limit"/> tasks, newest first, older than <paramref name="before"/> if given.</summary>
    [Alias("List")]
    Task<ImmutableArray<TaskRecord>> List(
        TaskFilter filter, TaskId? before, int limit, CancellationToken cancellation = default);

    /// <summary>Those tasks that exist, as rows of a list, in any order.</summary>
    [Alias("GetRows")]
    Task<ImmutableArray<TaskRecord>> GetRows(ImmutableArray<TaskId> ids);

    /// <summary>
    /// A page of an ordered list of tasks; null when it is not ordered by creation and more than
    /// <see cref="TaskListQuery.MostSorted"/> tasks match.
    /// </summary>
    [Alias("ListBy")]
    Task<ImmutableArray<TaskRecord>?> ListBy(TaskListQuery query, CancellationToken cancellation = default);

    /// <summary>Counts over a filter, by the time of creation.</summary>
    [Alias("Histogram")]
    Task<TaskHistogram> Histogram(TaskHistogramQuery query, CancellationToken cancellation = default);

    /// <summary>Counts over a filter.</summary>
    [Alias("Summarize")]
    Task<TaskSummary> Summarize(TaskFilter filter, CancellationToken cancellation = default);

    /// <summary>At most <paramref name="limit"/> ids with queue and state, oldest first, later than <paramref name="after"/>.</summary>
    [Alias("Match")]
    Task<ImmutableArray<TaskMatch>> Match(
        TaskFilter filter, TaskId? after, int limit, CancellationToken cancellation = default);

    /// <summary>The queues where a cancel or retry may be undone; empty when there is nothing to undo any more.</summary>
    [Alias("UndoParts")]
    Task<ImmutableArray<UndoPart>> UndoParts(TaskId operation);

    /// <summary>Finally failed tasks in groups of one fingerprint: most tasks first, then by fingerprint.</summary>
    [Alias("Failures")]
    Task<ImmutableArray<FailureGroup>> Failures(FailureQuery query, CancellationToken cancellation = default);

    /// <summary>The task's attempts from the first to the latest; null when there is no such task.</summary>
    [Alias("Attempts")]
    Task<ImmutableArray<AttemptRecord>?> Attempts(TaskId id);

    /// <summary>
    /// The result of a task, as its command wrote it; empty when there is no such task or it has no result.
    /// </summary>
    [Alias("ReadResult")]
    Task<ReadOnlyMemory<byte>> ReadResult(TaskId id);

    /// <summary>
    /// A page of at most <paramref name="count"/> bytes (1 MiB at most); null when there is no such task or attempt.
    /// Attempt 0 means the latest.
    /// </summary>
    [Alias("ReadOutput")]
    Task<OutputPage?> ReadOutput(TaskId id, int attempt, OutputStream stream, long offset, int count);
}
