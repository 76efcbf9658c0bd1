using OrleansTasks.Storage.Postgres.Access;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage.Postgres.Reading;

/// <summary>Reads the items of workflow nodes with <c>forEach</c>.</summary>
internal static class ItemReader
{
    // The task of node i has the key w.key + 1 + i, and that of item i the key first + i; made items have tasks. Yields
    // one row for each node and task state.
    private const string Items = """
        SELECT (i.key - w.key - 1)::integer, i.key, coalesce(i.first, 0), i.count, i.made, i.next, i.stopped_at, i.fault,
            t.state, count(t.key)::integer, coalesce(min(nullif(t.started_at, 0)), 0)
        FROM ot.workflows w JOIN ot.workflow_items i ON i.key > w.key AND i.key <= w.key + w.count
            LEFT JOIN ot.tasks t ON t.key >= i.first AND t.key < i.first + i.made
        WHERE w.id = $1 GROUP BY w.key, i.key, t.state ORDER BY i.key
        """;

    private const string Tasks = """
        SELECT (t.key - i.first)::integer, t.id, t.state, t.reason, t.exit_code, t.started_at, t.ended_at
        FROM ot.workflows w JOIN ot.workflow_items i ON i.key = w.key + 1 + $2
            JOIN ot.tasks t ON t.key >= i.first AND t.key < i.first + i.made
        WHERE w.id = $1 ORDER BY t.key
        """;

    private const string List = """
        SELECT l.list FROM ot.workflows w JOIN ot.workflow_lists l ON l.key = w.key + 1 + $2 WHERE w.id = $1
        """;

    internal static async Task<ImmutableArray<StoredItems>> ReadItems(Session session, TaskId workflow)
    {
        var found = await session.All(new Query(Items).Bind(workflow), static row => (
            Node: row.Int32(0),
            Row: new ItemsRow(row.Int64(1), row.Int64(2), row.Int32(3))
            {
                Made = row.Int32(4), Next = row.Int32(5), StoppedAt = row.Int64(6), Fault = row.Text(7),
            },
            State: row.NullableInt32(8), Count: row.Int32(9), StartedAt: row.Int64(10))).ConfigureAwait(false);
        var items = ImmutableArray.CreateBuilder<StoredItems>();
        foreach (var (node, row, state, count, startedAt) in found)
        {
            if (items.Count == 0 || items[^1].Node != node)
                items.Add(new StoredItems(node, row, [.. new int[TaskStates.All.Length]]));
            if (state is { } number)
                items[^1] = items[^1].With(number, count, startedAt);
        }

        return items.DrainToImmutable();
    }

    internal static async Task<ImmutableArray<WorkflowNodeRow>> ReadTasks(Session session, TaskId workflow, int node) =>
    [
        .. await session.All(
            new Query(Tasks).Bind(workflow).Bind((long)node),
            static row => new WorkflowNodeRow(
                row.Int32(0), row.Id(1), (TaskState)row.Int32(2), (EndReason)row.Int32(3), row.NullableInt32(4),
                row.Int64(5))
                { EndedAt = row.Int64(6) }).ConfigureAwait(false),
    ];

    internal static async Task<ReadOnlyMemory<byte>> ReadList(Session session, TaskId workflow, int node) =>
        await session.All(new Query(List).Bind(workflow).Bind((long)node), static row => row.Memory(0))
            .ConfigureAwait(false) is [var list]
            ? list
            : default;
}
