using OrleansTasks.Storage.Encodings;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage.Sqlite.Reading;

/// <summary>Reads the inputs of workflow nodes: the results of the nodes that they wait for.</summary>
internal static class InputReader
{
    private const string Node = """
        SELECT t.extra, w.run
        FROM tasks t JOIN specs s ON s.task = t.key JOIN workflows w ON w.id = s.batch WHERE t.id = ?1
        """;

    // Only the result of a task that succeeded (state 4) counts.
    private const string Result = """
        SELECT t.extra, v.value, iif(v.value IS NULL, ifnull(j.aggregate_bytes, 0), 0) FROM tasks t
            LEFT JOIN task_results v ON v.task = t.key AND v.attempt = t.attempt AND t.state = 4
            LEFT JOIN workflow_jobs j ON j.key = t.key
        WHERE t.id = ?1
        """;

    private const string Extra = "SELECT extra FROM tasks WHERE id = ?1";

    // An outer join, so that a node with an empty list still yields a row. A node without a list yields none.
    private const string Items = """
        SELECT v.value, t.key FROM tasks n JOIN workflow_items i ON i.key = n.key AND (i.fault IS NULL OR i.count > 0)
            LEFT JOIN tasks t ON t.key >= i.first AND t.key < i.first + i.made
            LEFT JOIN task_results v ON v.task = t.key AND v.attempt = t.attempt AND t.state = 4
        WHERE n.id = ?1 ORDER BY t.key
        """;

    internal static ImmutableArray<StoredInputs> Read(ReadSession session, ImmutableArray<TaskId> tasks, int mostBytes)
    {
        var inputs = ImmutableArray.CreateBuilder<StoredInputs>(tasks.Length);
        foreach (var task in tasks)
        {
            var row = session.Get(Node);
            row.Bind(1, task);
            TaskExtra? extra = null;
            var run = 0;
            while (row.Step())
                (extra, run) = (ExtraText.Read(row.Bytes(0)), row.Int32(1));
            if (extra is { WorkflowNode: not null })
                inputs.Add(new StoredInputs(task, run, Read(session, AfterOf(session, extra), mostBytes)));
        }

        return inputs.DrainToImmutable();
    }

    // An item's task finds the results of the nodes that its forEach node waits for.
    private static ImmutableArray<TaskDependency> AfterOf(ReadSession session, TaskExtra extra)
    {
        if (extra.Item is not { } item)
            return extra.After;
        var row = session.Get(Extra);
        row.Bind(1, item.Node);
        ImmutableArray<TaskDependency> after = [];
        while (row.Step())
            after = ExtraText.Read(row.Bytes(0)).After;
        return after;
    }

    private static ImmutableArray<NodeResult> Read(
        ReadSession session, ImmutableArray<TaskDependency> after, int mostBytes)
    {
        var results = ImmutableArray.CreateBuilder<NodeResult>(after.Length);
        foreach (var one in after)
        {
            var row = session.Get(Result);
            row.Bind(1, one.Task);
            var isForEach = false;
            while (row.Step())
            {
                isForEach = ExtraText.IsForEach(row.Bytes(0));
                // The aggregate was too large to store; its size counts against the bound.
                mostBytes -= (int)Math.Min(row.Int64(2), int.MaxValue);
                results.Add(new NodeResult(ExtraText.NodeOf(row.Bytes(0)) ?? "", row.Copy(1)));
            }

            if (isForEach)
                results[^1] = results[^1] with { Value = ReadItems(session, one.Task, mostBytes) };
            mostBytes -= results.Count > 0 ? results[^1].Value.Length : 0;
            if (mostBytes < 0)
                return default;
        }

        return results.DrainToImmutable();
    }

    // Returns an array of the items' results; empty if there is no list. Stops adding once it exceeds the bound, but
    // reads to the end, which resets the statement.
    private static ReadOnlyMemory<byte> ReadItems(ReadSession session, TaskId node, int mostBytes)
    {
        ResultArray? array = null;
        var row = session.Get(Items);
        row.Bind(1, node);
        while (row.Step())
        {
            array ??= new ResultArray();
            if (!row.IsNull(1) && array.Length <= mostBytes)
                array.Add(row.Bytes(0));
        }

        return array is null ? default : array.Close();
    }
}
