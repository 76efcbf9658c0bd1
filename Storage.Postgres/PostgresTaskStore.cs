using OrleansTasks.Events;
using OrleansTasks.Queues;
using OrleansTasks.Storage.Postgres.Access;
using OrleansTasks.Storage.Postgres.Reading;
using OrleansTasks.Storage.Postgres.Writing;
using OrleansTasks.Storage.Sql;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage.Postgres;

/// <summary>The task store in a PostgreSQL database. See docs/storage.md.</summary>
/// <param name="database">The open database.</param>
public sealed class PostgresTaskStore(PostgresDatabase database) : ITaskStore
{
    private readonly OpenTaskReader open = new();
    private readonly Retention retention = new(database);
    private readonly EpochTaker epochs = new(database);

    /// <inheritdoc/>
    public IJobStore Jobs { get; } = new PostgresJobStore(database);

    /// <inheritdoc/>
    public IScheduleStore Schedules { get; } = new SqlScheduleStore(database.Sql);

    /// <inheritdoc/>
    public IWorkflowStore Workflows { get; } = new SqlWorkflowStore(database.Sql, (tasks, mostBytes) =>
        database.ReadSnapshot(session => InputReader.Read(session, tasks, mostBytes)));

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

    /// <inheritdoc/>
    public Task<QueueOwnership> TakeEpoch(string queue, long? expected, CancellationToken cancellation) =>
        epochs.Take(queue, expected, cancellation);

    /// <inheritdoc/>
    /// <remarks>Never exclusive: a silo may have lost its lock on the database without knowing it yet.</remarks>
    public bool IsExclusive => false;

    /// <inheritdoc/>
    public Task<bool> Prove(int queueNo, long epoch) => epochs.Prove(queueNo, epoch);

    /// <inheritdoc/>
    public Task<CommitResult> Commit(QueueCommit commit) => database.Commits.Enqueue(commit);

    /// <inheritdoc/>
    public Task<ImmutableArray<OpenTask>> LoadLeased(int queueNo, CancellationToken cancellation) =>
        database.Read(session => open.ReadLeased(session, queueNo), cancellation);

    /// <inheritdoc/>
    public Task<ImmutableArray<OpenTask>> LoadWaiting(
        int queueNo, int priority, long order, int limit, CancellationToken cancellation) =>
        database.ReadSnapshot(session => open.ReadWaiting(session, queueNo, priority, order, limit), cancellation);

    /// <inheritdoc/>
    public Task<int> CountWaiting(int queueNo) => database.Read(session => EventReader.CountWaiting(session, queueNo));

    /// <inheritdoc/>
    public Task<ImmutableArray<IdempotencyEntry>> FindIdempotent(ImmutableArray<ReadOnlyMemory<byte>> keys, long now) =>
        database.Read(session => RecordReader.ReadKnown(session, keys, now));

    /// <inheritdoc/>
    public Task<ImmutableArray<OpenTask>> Find(int queueNo, ImmutableArray<TaskId> ids) =>
        database.Read(session => open.ReadByIds(session, queueNo, ids));

    /// <inheritdoc/>
    public Task<ImmutableArray<StoredSpec>> ReadSpecs(ImmutableArray<TaskId> ids) =>
        database.Read(session => RecordReader.ReadSpecs(session, ids));

    /// <inheritdoc/>
    public Task<ImmutableArray<QueueStatus>> ListQueues() => database.Read(EventReader.ReadStatus);

    /// <inheritdoc/>
    public Task<ImmutableArray<string>> ListUnused() =>
        database.Read(EventReader.ReadUnused);

    /// <inheritdoc/>
    public Task<TaskRecord?> Get(TaskId id) => database.Read(session => RecordReader.Read(session, id));

    /// <inheritdoc/>
    public Task<ImmutableArray<TaskRecord>> List(
        TaskFilter filter, TaskId? before, int limit, CancellationToken cancellation = default) =>
        filter.IsOfTimeAlone
            ? database.Read(session => RecordReader.List(session, filter, before, limit), cancellation)
            : database.Scan(session => RecordReader.List(session, filter, before, limit), cancellation);

    /// <inheritdoc/>
    public Task<ImmutableArray<TaskRecord>?> ListBy(TaskListQuery query, CancellationToken cancellation = default) =>
        query is { Sort: TaskSort.Created, Filter.IsOfTimeAlone: true }
            ? database.ReadSnapshot(session => ListReader.ListBy(session, query), cancellation)
            : database.ScanSnapshot(session => ListReader.ListBy(session, query), cancellation);

    /// <inheritdoc/>
    public Task<TaskHistogram> Histogram(TaskHistogramQuery query, CancellationToken cancellation = default) =>
        database.ScanSnapshot(session => ListReader.Histogram(session, query), cancellation);

    /// <inheritdoc/>
    public Task<TaskSummary> Summarize(TaskFilter filter, CancellationToken cancellation = default) =>
        database.Scan(session => ListReader.Summarize(session, filter), cancellation);

    /// <inheritdoc/>
    public Task<ImmutableArray<TaskMatch>> Match(
        TaskFilter filter, TaskId? after, int limit, CancellationToken cancellation = default) =>
        database.Scan(session => ListReader.Match(session, filter, after, limit), cancellation);

    /// <inheritdoc/>
    public Task<ImmutableArray<StoredFailures>> Failures(
        FailureQuery query, CancellationToken cancellation = default) =>
        database.ScanSnapshot(session => FailureGroups.Read(PostgresSql.Over(session), query).AsTask(), cancellation);

    /// <inheritdoc/>
    public Task<ImmutableArray<AttemptRecord>?> Attempts(TaskId id) =>
        database.ReadSnapshot(session => AttemptReader.ReadAll(session, id));

    /// <inheritdoc/>
    public Task<ReadOnlyMemory<byte>> ReadResult(TaskId id) =>
        database.Read(session => RecordReader.ReadResult(session, id));

    /// <inheritdoc/>
    public Task<StoredOutput?> FindOutput(TaskId id, int attempt) =>
        database.ReadSnapshot(session => AttemptReader.FindOutput(session, id, attempt));

    /// <inheritdoc/>
    public Task<ImmutableArray<EventPosition>> EventPositions() => database.Read(EventReader.ReadPositions);

    /// <inheritdoc/>
    public Task<EventLogPage> ReadEventLog(long after, int limit) =>
        database.Read(session => EventReader.ReadLog(session, after, limit));

    /// <inheritdoc/>
    public Task<ImmutableArray<EventRecord>> ReadEvents(string queue, long after, int limit) =>
        database.Read(session => EventReader.Read(session, queue, after, limit));

    /// <inheritdoc/>
    public Task<ImmutableArray<TaskId>> Prune(long endedBefore, long failedBefore, int limit) =>
        retention.Prune(endedBefore, failedBefore, limit);

    /// <inheritdoc/>
    public Task<ImmutableArray<TaskId>> DropOutput(long keepBytes, int limit) => retention.DropOutput(keepBytes, limit);
}
