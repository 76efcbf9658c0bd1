using OrleansTasks.Events;
using OrleansTasks.Queues;
using OrleansTasks.Storage.Sql;
using OrleansTasks.Storage.Sqlite.Reading;
using OrleansTasks.Storage.Sqlite.Writing;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage.Sqlite;

/// <summary>The task store in one SQLite file. See docs/storage.md.</summary>
/// <param name="database">The open database.</param>
public sealed class SqliteTaskStore(SqliteDatabase database) : ITaskStore
{
    // The maximum number of rows that a read on the caller's thread may return.
    private const int ShortRead = 256;
    private readonly Retention retention = new(database);

    /// <inheritdoc/>
    public IJobStore Jobs { get; } = new SqliteJobStore(database);

    /// <inheritdoc/>
    public IScheduleStore Schedules { get; } = new SqlScheduleStore(database.Sql);

    /// <inheritdoc/>
    public IWorkflowStore Workflows { get; } = new SqlWorkflowStore(database.Sql, (tasks, mostBytes) =>
        database.Readers.Long(session => InputReader.Read(session, tasks, mostBytes)));

    /// <inheritdoc/>
    public IRolloutStore Rollouts { get; } = new SqlRolloutStore(database.Sql);

    /// <inheritdoc/>
    public IUndoStore Undo { get; } = new SqlUndoStore(database.Sql);

    /// <inheritdoc/>
    public IKeptArtifactStore Artifacts { get; } = new SqlKeptArtifactStore(database.Sql);

    /// <inheritdoc/>
    public StoreHealth Health => database.Health;

    /// <inheritdoc/>
    public int MaxQueues
    {
        get => database.Options.MaxQueues;
        set => database.Options.MaxQueues = value;
    }

    private ReaderPool Readers => database.Readers;

    /// <inheritdoc/>
    /// <remarks>If the disk is nearly full, existing queues can still be taken, but no queue is created.</remarks>
    public async Task<QueueOwnership> TakeEpoch(
        string queue, long? expected, CancellationToken cancellation)
    {
        if (!Health.MayGrow() && !await Readers.ShortTask(session => EpochWriter.Has(session, queue)).ConfigureAwait(false))
            throw new StoreUnavailableException("The disk is nearly full. The service accepts new queues again once space is free.");
        var taken = await database.Write(
            connection => EpochWriter.Take(connection, queue, expected, MaxQueues), cancellation, mayUseReserve: true).ConfigureAwait(false);
        // No number: the queue is new and was not created. A retired queue that is full still has its number.
        return taken is { QueueNo: 0, IsFull: true } ? throw new TooManyQueuesException() : taken;
    }

    /// <inheritdoc/>
    /// <remarks>The data folder's lock keeps other processes out.</remarks>
    public bool IsExclusive => true;

    /// <inheritdoc/>
    public Task<bool> Prove(int queueNo, long epoch) =>
        database.Write(connection => EpochWriter.Has(connection, queueNo, epoch));

    /// <inheritdoc/>
    public Task<CommitResult> Commit(QueueCommit commit)
    {
        var job = new CommitJob(commit) { MayUseReserve = !commit.Grows };
        database.Writer.Enqueue(job);
        return job.Completion;
    }

    /// <inheritdoc/>
    public Task<ImmutableArray<OpenTask>> LoadLeased(int queueNo, CancellationToken cancellation) =>
        Readers.Long(session => OpenTaskReader.ReadLeased(session, queueNo), cancellation);

    /// <inheritdoc/>
    public Task<ImmutableArray<OpenTask>> LoadWaiting(
        int queueNo, int priority, long order, int limit, CancellationToken cancellation) =>
        Readers.Long(
            session => OpenTaskReader.ReadWaiting(session, queueNo, priority, order, limit, cancellation),
            cancellation);

    /// <inheritdoc/>
    public Task<int> CountWaiting(int queueNo) => Readers.Long(session => EventReader.CountWaiting(session, queueNo));

    /// <inheritdoc/>
    public Task<ImmutableArray<IdempotencyEntry>> FindIdempotent(ImmutableArray<ReadOnlyMemory<byte>> keys, long now) =>
        Read(keys.Length, session => SpecReader.ReadKnown(session, keys, now));

    /// <inheritdoc/>
    public Task<ImmutableArray<OpenTask>> Find(int queueNo, ImmutableArray<TaskId> ids) =>
        Read(ids.Length, session => OpenTaskReader.ReadByIds(session, queueNo, ids));

    /// <inheritdoc/>
    public Task<ImmutableArray<StoredSpec>> ReadSpecs(ImmutableArray<TaskId> ids) =>
        Read(ids.Length, session => SpecReader.Read(session, ids));

    /// <inheritdoc/>
    public Task<ImmutableArray<QueueStatus>> ListQueues() => Readers.Long(EventReader.ReadStatus);

    /// <inheritdoc/>
    public Task<ImmutableArray<string>> ListUnused() =>
        Readers.Long(EventReader.ReadUnused);

    /// <inheritdoc/>
    public Task<TaskRecord?> Get(TaskId id) => Readers.ShortTask(session => RecordReader.Read(session, id));

    /// <inheritdoc/>
    public Task<ImmutableArray<TaskRecord>> List(
        TaskFilter filter, TaskId? before, int limit, CancellationToken cancellation = default) =>
        filter.IsOfTimeAlone
            ? Readers.Long(session => ListReader.List(session, filter, before, limit), cancellation)
            : Readers.Scan(session => ListReader.List(session, filter, before, limit), cancellation);

    /// <inheritdoc/>
    public Task<ImmutableArray<TaskRecord>?> ListBy(TaskListQuery query, CancellationToken cancellation = default) =>
        query is { Sort: TaskSort.Created, Filter.IsOfTimeAlone: true }
            ? Readers.Long(session => ListReader.ListBy(session, query), cancellation)
            : Readers.Scan(session => ListReader.ListBy(session, query), cancellation);

    /// <inheritdoc/>
    public Task<TaskHistogram> Histogram(TaskHistogramQuery query, CancellationToken cancellation = default) =>
        Readers.Scan(session => ListReader.Histogram(session, query), cancellation);

    /// <inheritdoc/>
    public Task<TaskSummary> Summarize(TaskFilter filter, CancellationToken cancellation = default) =>
        Readers.Scan(session => ListReader.Summarize(session, filter), cancellation);

    /// <inheritdoc/>
    public Task<ImmutableArray<TaskMatch>> Match(
        TaskFilter filter, TaskId? after, int limit, CancellationToken cancellation = default) =>
        Readers.Scan(session => ListReader.Match(session, filter, after, limit), cancellation);

    /// <inheritdoc/>
    public Task<ImmutableArray<StoredFailures>> Failures(
        FailureQuery query, CancellationToken cancellation = default) =>
        database.Sql.Scan(session => FailureGroups.Read(session, query), cancellation);

    /// <inheritdoc/>
    public Task<ImmutableArray<AttemptRecord>?> Attempts(TaskId id) =>
        Readers.ShortTask(session => AttemptReader.ReadAll(session, id));

    /// <inheritdoc/>
    public Task<ReadOnlyMemory<byte>> ReadResult(TaskId id) =>
        Readers.ShortTask(session => RecordReader.ReadResult(session, id));

    /// <inheritdoc/>
    public Task<StoredOutput?> FindOutput(TaskId id, int attempt) =>
        Readers.ShortTask(session => AttemptReader.FindOutput(session, id, attempt));

    /// <inheritdoc/>
    public Task<ImmutableArray<EventPosition>> EventPositions() => Readers.ShortTask(EventReader.ReadPositions);

    /// <inheritdoc/>
    public Task<EventLogPage> ReadEventLog(long after, int limit) =>
        Read(limit, session => EventReader.ReadLog(session, after, limit));

    /// <inheritdoc/>
    public Task<ImmutableArray<EventRecord>> ReadEvents(string queue, long after, int limit) =>
        Read(limit, session => EventReader.Read(session, queue, after, limit));

    /// <inheritdoc/>
    public Task<ImmutableArray<TaskId>> Prune(long endedBefore, long failedBefore, int limit) =>
        retention.Prune(endedBefore, failedBefore, limit);

    /// <inheritdoc/>
    public Task<ImmutableArray<TaskId>> DropOutput(long keepBytes, int limit) => retention.DropOutput(keepBytes, limit);

    /// <summary>
    /// Reads few rows at once, on the caller's thread; many on the thread pool, so as not to block the caller's thread.
    /// </summary>
    private Task<T> Read<T>(int rows, Func<ReadSession, T> read) =>
        rows <= ShortRead ? Readers.ShortTask(read) : Readers.Long(read);
}
