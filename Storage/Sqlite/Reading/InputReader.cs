using OrleansTasks.Storage.Encodings;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage.Sqlite.Reading;

/// <summary>Reads what the commands of workflows' nodes can find of the nodes that they wait for.</summary>
internal static class InputReader
{
    private const string Node = """
        SELECT t.extra, w.run
        FROM tasks t JOIN specs s ON s.task = t.key JOIN workflows w ON w.id = s.batch WHERE t.id = ?1
        """;

    private const string Result = """
        SELECT t.extra, v.value FROM tasks t
            LEFT JOIN task_results v ON v.task = t.key AND v.attempt = t.attempt AND t.state = 4
        WHERE t.id = ?1
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
                inputs.Add(new StoredInputs(task, run, Read(session, extra.After, mostBytes)));
        }

        return inputs.DrainToImmutable();
    }

    private static ImmutableArray<NodeResult> Read(
        ReadSession session, ImmutableArray<TaskDependency> after, int mostBytes)
    {
        var results = ImmutableArray.CreateBuilder<NodeResult>(after.Length);
        foreach (var one in after)
        {
            var row = session.Get(Result);
            row.Bind(1, one.Task);
            while (row.Step())
            {
                var result = new NodeResult(ExtraText.NodeOf(row.Bytes(0)) ?? "", row.Copy(1));
                mostBytes -= result.Value.Length;
                results.Add(result);
            }

            if (mostBytes < 0)
                return default;
        }

        return results.DrainToImmutable();
    }
}
