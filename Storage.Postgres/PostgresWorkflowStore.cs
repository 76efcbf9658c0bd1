using OrleansTasks.Storage.Encodings;
using OrleansTasks.Storage.Postgres.Access;
using OrleansTasks.Storage.Postgres.Reading;
using OrleansTasks.Tasks;
using OrleansTasks.Workflows;

namespace OrleansTasks.Storage.Postgres;

/// <summary>Reads workflows from the PostgreSQL database.</summary>
/// <param name="database">The open database.</param>
internal sealed class PostgresWorkflowStore(PostgresDatabase database) : IWorkflowStore
{
    private const string Columns = """
        w.key, w.id, w.count, w.name, w.labels, w.state, w.run, w.ended_at, w.cancel_requested_at, w.cancels_all, q.name
        """;

    private const string WithOutline = $"""
        SELECT {Columns}, s.outline
        FROM ot.workflows w JOIN ot.workflow_specs s ON s.workflow = w.key JOIN ot.queues q ON q.no = w.queue
        """;

    private const string Open = WithOutline
        + " WHERE w.state = 0 AND w.queue = $1 AND w.key > $2 ORDER BY w.key LIMIT $3";

    private const string OfId = WithOutline + " WHERE w.id = $1";

    private const string Listed = $"""
        SELECT {Columns}, NULL::bytea FROM ot.workflows w JOIN ot.queues q ON q.no = w.queue
        WHERE $1::uuid IS NULL OR w.id < $1 ORDER BY w.id DESC LIMIT $2
        """;

    // The task of node i has the key w.key + 1 + i.
    private const string OfNodes = """
        SELECT (t.key - w.key - 1)::integer, t.id, t.state, t.reason, t.exit_code, t.started_at, t.ended_at
        FROM ot.workflows w JOIN ot.tasks t ON t.key > w.key AND t.key <= w.key + w.count WHERE w.id = $1 ORDER BY t.key
        """;

    /// <inheritdoc/>
    public Task<ImmutableArray<StoredWorkflow>> LoadOpen(int queueNo, long after, int limit) =>
        All(new Query(Open).Bind(queueNo).Bind(after).Bind((long)limit));

    /// <inheritdoc/>
    public async Task<StoredWorkflow?> Get(TaskId id) =>
        await All(new Query(OfId).Bind(id)).ConfigureAwait(false) is [var found] ? found : null;

    /// <inheritdoc/>
    public Task<ImmutableArray<StoredWorkflow>> List(
        TaskId? before, int limit, CancellationToken cancellation = default) =>
        All(new Query(Listed).Bind(before).Bind((long)limit), cancellation);

    /// <inheritdoc/>
    public async Task<ImmutableArray<WorkflowNodeRow>> Nodes(TaskId id) =>
    [
        .. await database.Read(session => session.All(
            new Query(OfNodes).Bind(id), static row => new WorkflowNodeRow(
                row.Int32(0), row.Id(1), (TaskState)row.Int32(2), (EndReason)row.Int32(3), row.NullableInt32(4),
                row.Int64(5))
                { EndedAt = row.Int64(6) }))
            .ConfigureAwait(false),
    ];

    /// <inheritdoc/>
    public Task<ImmutableArray<StoredItems>> Items(TaskId id) =>
        database.Read(session => ItemReader.ReadItems(session, id));

    /// <inheritdoc/>
    public Task<ImmutableArray<WorkflowNodeRow>> ItemTasks(TaskId id, int node) =>
        database.Read(session => ItemReader.ReadTasks(session, id, node));

    /// <inheritdoc/>
    public Task<ReadOnlyMemory<byte>> ItemList(TaskId id, int node) =>
        database.Read(session => ItemReader.ReadList(session, id, node));

    /// <inheritdoc/>
    public Task<ImmutableArray<StoredNodeJob>> Jobs(TaskId id) =>
        database.Read(session => NodeJobReader.Read(session, id));

    /// <inheritdoc/>
    public Task<ImmutableArray<StoredInputs>> Inputs(ImmutableArray<TaskId> tasks, int mostBytes) =>
        database.ReadSnapshot(session => InputReader.Read(session, tasks, mostBytes));

    private async Task<ImmutableArray<StoredWorkflow>> All(Query query, CancellationToken cancellation = default) =>
        [.. await database.Read(session => session.All(query, Read), cancellation).ConfigureAwait(false)];

    private static StoredWorkflow Read(Row row) => new(
        row.Text(10)!,
        new WorkflowRow(row.Int64(0), row.Id(1), row.Int32(2), row.Text(3)!, LabelText.ReadOrTell(row.Utf8(4)))
        {
            State = (WorkflowState)row.Int32(5),
            Run = row.Int32(6),
            EndedAt = row.Int64(7),
            CancelRequestedAt = row.Int64(8),
            CancelsAll = row.Boolean(9),
        },
        row.Memory(11));
}
