using OrleansTasks.Storage.Encodings;
using OrleansTasks.Storage.Sqlite.Interop;
using OrleansTasks.Storage.Sqlite.Reading;
using OrleansTasks.Tasks;
using OrleansTasks.Workflows;

namespace OrleansTasks.Storage.Sqlite;

/// <summary>Reads workflows from the SQLite file.</summary>
/// <param name="database">The open database.</param>
internal sealed class SqliteWorkflowStore(SqliteDatabase database) : IWorkflowStore
{
    private const string Columns = """
        w.key, w.id, w.count, w.name, w.labels, w.state, w.run, w.ended_at, w.cancel_requested_at, w.cancels_all, q.name
        """;

    private const string WithOutline = $"""
        SELECT {Columns}, s.outline
        FROM workflows w JOIN workflow_specs s ON s.workflow = w.key JOIN queues q ON q.no = w.queue
        """;

    private const string Open = WithOutline
        + " WHERE w.state = 0 AND w.queue = ?1 AND w.key > ?2 ORDER BY w.key LIMIT ?3";

    private const string OfId = WithOutline + " WHERE w.id = ?1";

    private const string Listed = $"""
        SELECT {Columns} FROM workflows w JOIN queues q ON q.no = w.queue
        WHERE ?1 IS NULL OR w.id < ?1 ORDER BY w.id DESC LIMIT ?2
        """;

    // The task of node i has the key w.key + 1 + i.
    private const string OfNodes = """
        SELECT t.key - w.key - 1, t.id, t.state, t.reason, t.exit_code, t.started_at, t.ended_at
        FROM workflows w JOIN tasks t ON t.key > w.key AND t.key <= w.key + w.count WHERE w.id = ?1 ORDER BY t.key
        """;

    /// <inheritdoc/>
    public Task<ImmutableArray<StoredWorkflow>> LoadOpen(int queueNo, long after, int limit) =>
        database.Readers.Long(session =>
        {
            var row = session.Get(Open);
            row.Bind(1, queueNo);
            row.Bind(2, after);
            row.Bind(3, (long)limit);
            return Read(row, hasOutline: true);
        });

    /// <inheritdoc/>
    public Task<StoredWorkflow?> Get(TaskId id) => database.Readers.ShortTask(session =>
    {
        var row = session.Get(OfId);
        row.Bind(1, id);
        return Read(row, hasOutline: true) is [var found] ? found : null;
    });

    /// <inheritdoc/>
    public Task<ImmutableArray<StoredWorkflow>> List(
        TaskId? before, int limit, CancellationToken cancellation = default) => database.Readers.Long(session =>
    {
        var row = session.Get(Listed);
        if (before is { } last)
            row.Bind(1, last);
        else
            row.BindNull(1);
        row.Bind(2, (long)limit);
        return Read(row, hasOutline: false);
    }, cancellation);

    /// <inheritdoc/>
    public Task<ImmutableArray<WorkflowNodeRow>> Nodes(TaskId id) => database.Readers.Long(session =>
    {
        var row = session.Get(OfNodes);
        row.Bind(1, id);
        var nodes = ImmutableArray.CreateBuilder<WorkflowNodeRow>();
        while (row.Step())
            nodes.Add(new WorkflowNodeRow(
                row.Int32(0), row.Id(1), (TaskState)row.Int32(2), (EndReason)row.Int32(3), row.NullableInt32(4),
                row.Int64(5))
                { EndedAt = row.Int64(6) });
        return nodes.DrainToImmutable();
    });

    /// <inheritdoc/>
    public Task<ImmutableArray<StoredItems>> Items(TaskId id) =>
        database.Readers.Long(session => ItemReader.ReadItems(session, id));

    /// <inheritdoc/>
    public Task<ImmutableArray<WorkflowNodeRow>> ItemTasks(TaskId id, int node) =>
        database.Readers.Long(session => ItemReader.ReadTasks(session, id, node));

    /// <inheritdoc/>
    public Task<ReadOnlyMemory<byte>> ItemList(TaskId id, int node) =>
        database.Readers.Long(session => ItemReader.ReadList(session, id, node));

    /// <inheritdoc/>
    public Task<ImmutableArray<StoredNodeJob>> Jobs(TaskId id) =>
        database.Readers.Long(session => NodeJobReader.Read(session, id));

    /// <inheritdoc/>
    public Task<ImmutableArray<StoredInputs>> Inputs(ImmutableArray<TaskId> tasks, int mostBytes) =>
        database.Readers.Long(session => InputReader.Read(session, tasks, mostBytes));

    private static ImmutableArray<StoredWorkflow> Read(Statement row, bool hasOutline)
    {
        var found = ImmutableArray.CreateBuilder<StoredWorkflow>();
        while (row.Step())
        {
            found.Add(new StoredWorkflow(
                row.Text(10)!,
                new WorkflowRow(
                    row.Int64(0), row.Id(1), row.Int32(2), row.Text(3)!, LabelText.ReadOrTell(row.Bytes(4)))
                {
                    State = (WorkflowState)row.Int32(5),
                    Run = row.Int32(6),
                    EndedAt = row.Int64(7),
                    CancelRequestedAt = row.Int64(8),
                    CancelsAll = row.Int32(9) != 0,
                },
                hasOutline ? row.Copy(11) : default));
        }

        return found.DrainToImmutable();
    }
}
