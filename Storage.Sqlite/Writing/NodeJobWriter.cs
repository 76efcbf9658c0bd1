using OrleansTasks.Storage.Sqlite.Interop;

namespace OrleansTasks.Storage.Sqlite.Writing;

/// <summary>Writes the data jobs of workflow nodes, and removes them with their workflow.</summary>
internal static class NodeJobWriter
{
    private const string Put = """
        INSERT INTO workflow_jobs (key, job, stopped_at, aggregate_bytes) VALUES (?1, ?2, ?3, ?4)
        ON CONFLICT (key) DO UPDATE SET job = ?2, stopped_at = ?3, aggregate_bytes = ?4
        """;

    private const string Delete = "DELETE FROM workflow_jobs WHERE key > ?1 AND key <= ?1 + ?2";

    internal static void Write(Connection connection, WorkflowCommit commit)
    {
        foreach (var row in commit.Jobs)
        {
            var put = connection.Get(Put);
            put.Bind(1, row.Node);
            if (row.Job is { } job)
                put.Bind(2, job);
            else
                put.BindNull(2);
            put.Bind(3, row.StoppedAt);
            put.Bind(4, row.AggregateBytes);
            put.Run();
        }
    }

    /// <summary>Removes a workflow's rows, by its key and its number of nodes. The jobs themselves stay.</summary>
    internal static void Remove(Connection connection, long workflow, long count)
    {
        var remove = connection.Get(Delete);
        remove.Bind(1, workflow);
        remove.Bind(2, count);
        remove.Run();
    }
}
