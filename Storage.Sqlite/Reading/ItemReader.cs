using OrleansTasks.Storage.Sqlite.Interop;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage.Sqlite.Reading;

/// <summary>Reads the items of workflow nodes with <c>forEach</c>.</summary>
internal static class ItemReader
{
    // The task of node i has the key w.key + 1 + i, and that of item i the key first + i; made items have tasks. Yields
    // one row for each node and task state.
    private const string Items = """
        SELECT i.key - w.key - 1, i.key, i.first, i.count, i.made, i.next, i.stopped_at, i.fault, t.state, count(t.key),
            min(nullif(t.started_at, 0))
        FROM workflows w JOIN workflow_items i ON i.key > w.key AND i.key <= w.key + w.count
            LEFT JOIN tasks t ON t.key >= i.first AND t.key < i.first + i.made
        WHERE w.id = ?1 GROUP BY i.key, t.state ORDER BY i.key
        """;

    private const string Tasks = """
        SELECT t.key - i.first, t.id, t.state, t.reason, t.exit_code, t.started_at, t.ended_at
        FROM workflows w JOIN workflow_items i ON i.key = w.key + 1 + ?2
            JOIN tasks t ON t.key >= i.first AND t.key < i.first + i.made
        WHERE w.id = ?1 ORDER BY t.key
        """;

    private const string List = """
        SELECT l.list FROM workflows w JOIN workflow_lists l ON l.key = w.key + 1 + ?2 WHERE w.id = ?1
        """;

    internal static ImmutableArray<StoredItems> ReadItems(ReadSession session, TaskId workflow)
    {
        var row = session.Get(Items);
        row.Bind(1, workflow);
        var items = ImmutableArray.CreateBuilder<StoredItems>();
        while (row.Step())
        {
            var node = row.Int32(0);
            if (items.Count == 0 || items[^1].Node != node)
                items.Add(new StoredItems(node, ReadRow(row), [.. new int[TaskStates.All.Length]]));
            if (!row.IsNull(8))
                items[^1] = items[^1].With(row.Int32(8), row.Int32(9), row.IsNull(10) ? 0 : row.Int64(10));
        }

        return items.DrainToImmutable();
    }

    internal static ImmutableArray<WorkflowNodeRow> ReadTasks(ReadSession session, TaskId workflow, int node)
    {
        var row = session.Get(Tasks);
        row.Bind(1, workflow);
        row.Bind(2, (long)node);
        var tasks = ImmutableArray.CreateBuilder<WorkflowNodeRow>();
        while (row.Step())
            tasks.Add(new WorkflowNodeRow(
                row.Int32(0), row.Id(1), (TaskState)row.Int32(2), (EndReason)row.Int32(3), row.NullableInt32(4),
                row.Int64(5))
                { EndedAt = row.Int64(6) });
        return tasks.DrainToImmutable();
    }

    internal static ReadOnlyMemory<byte> ReadList(ReadSession session, TaskId workflow, int node)
    {
        var row = session.Get(List);
        row.Bind(1, workflow);
        row.Bind(2, (long)node);
        ReadOnlyMemory<byte> list = default;
        while (row.Step())
            list = row.Copy(0);
        return list;
    }

    private static ItemsRow ReadRow(Statement row) =>
        new(row.Int64(1), row.IsNull(2) ? 0 : row.Int64(2), row.Int32(3))
        {
            Made = row.Int32(4), Next = row.Int32(5), StoppedAt = row.Int64(6), Fault = row.Text(7),
        };
}
