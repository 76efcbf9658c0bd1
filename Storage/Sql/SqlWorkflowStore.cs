using OrleansTasks.Storage.Encodings;
using OrleansTasks.Tasks;
using OrleansTasks.Workflows;

namespace OrleansTasks.Storage.Sql;

/// <summary>Reads workflows.</summary>
/// <param name="database">The database.</param>
/// <param name="inputs">
/// Reads inputs (<see cref="IWorkflowStore.Inputs"/>). Every start of a node's command waits for them, so each database
/// has statements of its own.
/// </param>
internal sealed class SqlWorkflowStore(
    ISqlDatabase database, Func<ImmutableArray<TaskId>, int, Task<ImmutableArray<StoredInputs>>> inputs) : IWorkflowStore
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
        SELECT {Columns}, NULL FROM ot.workflows w JOIN ot.queues q ON q.no = w.queue
        WHERE $1 IS NULL OR w.id < $1 ORDER BY w.id DESC LIMIT $2
        """;

    private const string TaskColumns = "t.id, t.state, t.reason, t.exit_code, t.started_at, t.ended_at";

    // The task of node i has the key w.key + 1 + i. The task of item i of a node has the key first + i; made items have
    // tasks.
    private const string OfNodes = $"""
        SELECT t.key - w.key - 1, {TaskColumns}
        FROM ot.workflows w JOIN ot.tasks t ON t.key > w.key AND t.key <= w.key + w.count WHERE w.id = $1 ORDER BY t.key
        """;

    private const string OfItems = $"""
        SELECT t.key - i.first, {TaskColumns}
        FROM ot.workflows w JOIN ot.workflow_items i ON i.key = w.key + 1 + $2
            JOIN ot.tasks t ON t.key >= i.first AND t.key < i.first + i.made
        WHERE w.id = $1 ORDER BY t.key
        """;

    // Tasks that have ended, of nodes and of items. $2 is a node's index, or less than 0 for all.
    private const string Kept = "t.id, t.token, r.artifacts, r.artifact_bytes, r.artifacts_left";
    private const string OfArtifacts = $"""
        SELECT t.key - w.key - 1, -1, {Kept}
        FROM ot.workflows w JOIN ot.tasks t ON t.key > w.key AND t.key <= w.key + w.count
            JOIN ot.results r ON r.task = t.key AND r.attempt = t.attempt
        WHERE w.id = $1 AND ($2 < 0 OR t.key = w.key + 1 + $2) AND t.state IN (4, 5, 6) AND r.artifacts IS NOT NULL
        UNION ALL
        SELECT i.key - w.key - 1, t.key - i.first, {Kept}
        FROM ot.workflows w JOIN ot.workflow_items i ON i.key > w.key AND i.key <= w.key + w.count
            JOIN ot.tasks t ON t.key >= i.first AND t.key < i.first + i.made
            JOIN ot.results r ON r.task = t.key AND r.attempt = t.attempt
        WHERE w.id = $1 AND ($2 < 0 OR i.key = w.key + 1 + $2) AND t.state IN (4, 5, 6) AND r.artifacts IS NOT NULL
        ORDER BY 1, 2
        """;

    // One row for each node and state of tasks.
    private const string ItemCounts = """
        SELECT i.key - w.key - 1, i.key, coalesce(i.first, 0), i.count, i.made, i.next, i.stopped_at, i.fault,
            t.state, count(t.key), coalesce(min(nullif(t.started_at, 0)), 0)
        FROM ot.workflows w JOIN ot.workflow_items i ON i.key > w.key AND i.key <= w.key + w.count
            LEFT JOIN ot.tasks t ON t.key >= i.first AND t.key < i.first + i.made
        WHERE w.id = $1 GROUP BY w.key, i.key, t.state ORDER BY i.key
        """;

    private const string OfList = """
        SELECT l.list FROM ot.workflows w JOIN ot.workflow_lists l ON l.key = w.key + 1 + $2 WHERE w.id = $1
        """;

    private const string OfJobs = """
        SELECT j.key - w.key - 1, j.key, j.job, j.stopped_at, j.aggregate_bytes
        FROM ot.workflows w JOIN ot.workflow_jobs j ON j.key > w.key AND j.key <= w.key + w.count
        WHERE w.id = $1 ORDER BY j.key
        """;

    /// <inheritdoc/>
    public Task<ImmutableArray<StoredWorkflow>> LoadOpen(int queueNo, long after, int limit) =>
        database.Page(new SqlStatement(Open).Bind(queueNo).Bind(after).Bind(limit), Read);

    /// <inheritdoc/>
    public Task<StoredWorkflow?> Get(TaskId id) => database.First(new SqlStatement(OfId).Bind(id), Read);

    /// <inheritdoc/>
    public Task<ImmutableArray<StoredWorkflow>> List(
        TaskId? before, int limit, CancellationToken cancellation = default) =>
        database.Page(new SqlStatement(Listed).Bind(before).Bind(limit), Read, cancellation);

    /// <inheritdoc/>
    public Task<ImmutableArray<WorkflowNodeRow>> Nodes(TaskId id) => database.Page(new SqlStatement(OfNodes).Bind(id), ReadTask);

    /// <inheritdoc/>
    public async Task<ImmutableArray<StoredItems>> Items(TaskId id)
    {
        var counts = await database.Page(new SqlStatement(ItemCounts).Bind(id), static row => (
            Node: (int)row.Int64(0),
            Row: new ItemsRow(row.Int64(1), row.Int64(2), row.Int32(3))
            {
                Made = row.Int32(4), Next = row.Int32(5), StoppedAt = row.Int64(6), Fault = row.NullableText(7),
            },
            State: row.NullableInt32(8), Count: (int)row.Int64(9), StartedAt: row.Int64(10))).ConfigureAwait(false);
        var items = ImmutableArray.CreateBuilder<StoredItems>();
        foreach (var (node, row, state, count, startedAt) in counts)
        {
            if (items.Count == 0 || items[^1].Node != node)
                items.Add(new StoredItems(node, row, [.. new int[TaskStates.All.Length]]));
            if (state is { } number)
                items[^1] = items[^1].With(number, count, startedAt);
        }

        return items.DrainToImmutable();
    }

    /// <inheritdoc/>
    public Task<ImmutableArray<WorkflowNodeRow>> ItemTasks(TaskId id, int node) =>
        database.Page(new SqlStatement(OfItems).Bind(id).Bind(node), ReadTask);

    /// <inheritdoc/>
    public Task<ImmutableArray<KeptArtifacts>> Artifacts(TaskId id, int? node) => database.Page(
        new SqlStatement(OfArtifacts).Bind(id).Bind(node ?? -1),
        static row => new KeptArtifacts(
            (int)row.Int64(0), row.Int64(1) is >= 0 and var item ? (int)item : null, row.Id(2), row.Token(3),
            new ArtifactTotals(row.Int32(4), row.Int64(5)) { IsExpired = row.Int32(6) > 0 }));

    /// <inheritdoc/>
    public async Task<ReadOnlyMemory<byte>> ItemList(TaskId id, int node) =>
        await database.Page(new SqlStatement(OfList).Bind(id).Bind(node), static row => row.Bytes(0)).ConfigureAwait(false)
            is [var list]
            ? list
            : default;

    /// <inheritdoc/>
    public Task<ImmutableArray<StoredNodeJob>> Jobs(TaskId id) => database.Page(
        new SqlStatement(OfJobs).Bind(id),
        static row => new StoredNodeJob((int)row.Int64(0), new NodeJobRow(row.Int64(1), row.NullableId(2))
        {
            StoppedAt = row.Int64(3), AggregateBytes = row.Int64(4),
        }));

    /// <inheritdoc/>
    public Task<ImmutableArray<StoredInputs>> Inputs(ImmutableArray<TaskId> tasks, int mostBytes) => inputs(tasks, mostBytes);

    // Column 0 is the index of the node or item.
    private static WorkflowNodeRow ReadTask(ISqlRow row) => new(
        (int)row.Int64(0), row.Id(1), (TaskState)row.Int32(2), (EndReason)row.Int32(3), row.NullableInt32(4), row.Int64(5))
    {
        EndedAt = row.Int64(6),
    };

    private static StoredWorkflow Read(ISqlRow row) => new(
        row.Text(10),
        new WorkflowRow(row.Int64(0), row.Id(1), row.Int32(2), row.Text(3), LabelText.ReadOrTell(row.Utf8(4)))
        {
            State = (WorkflowState)row.Int32(5),
            Run = row.Int32(6),
            EndedAt = row.Int64(7),
            CancelRequestedAt = row.Int64(8),
            CancelsAll = row.Boolean(9),
        },
        row.Bytes(11));
}
