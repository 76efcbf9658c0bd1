using OrleansTasks.Storage.Sqlite.Interop;

namespace OrleansTasks.Storage.Sqlite.Writing;

/// <summary>Writes the items of workflow nodes with <c>forEach</c>, and removes them with their workflow.</summary>
internal static class ItemWriter
{
    private const string Put = """
        INSERT INTO workflow_items (key, first, count, made, next, stopped_at, fault)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
        ON CONFLICT (key) DO UPDATE SET first = ?2, count = ?3, made = ?4, next = ?5, stopped_at = ?6, fault = ?7
        """;

    private const string PutList = """
        INSERT INTO workflow_lists (key, list) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET list = ?2
        """;

    // ?1 is the workflow's key and ?2 its number of nodes, whose own tasks have the keys that follow.
    private static readonly string[] Removals =
    [
        "DELETE FROM workflow_items WHERE key > ?1 AND key <= ?1 + ?2",
        "DELETE FROM workflow_lists WHERE key > ?1 AND key <= ?1 + ?2",
    ];

    /// <summary>Writes a commit's item rows and lists.</summary>
    internal static void Write(Connection connection, WorkflowCommit commit)
    {
        foreach (var row in commit.Items)
        {
            var put = connection.Get(Put);
            put.Bind(1, row.Node);
            // NULL for an empty list: the column is unique, and no task would have the key.
            if (row.Count == 0)
                put.BindNull(2);
            else
                put.Bind(2, row.First);
            put.Bind(3, (long)row.Count);
            put.Bind(4, (long)row.Made);
            put.Bind(5, (long)row.Next);
            put.Bind(6, row.StoppedAt);
            if (row.Fault is null)
                put.BindNull(7);
            else
                put.Bind(7, row.Fault);
            put.Run();
        }

        foreach (var (node, list) in commit.Lists)
        {
            var put = connection.Get(PutList);
            put.Bind(1, node);
            put.Bind(2, list.Span);
            put.Run();
        }
    }

    /// <summary>Removes a workflow's item rows and lists, by its key and its number of nodes.</summary>
    internal static void Remove(Connection connection, long workflow, long count)
    {
        foreach (var sql in Removals)
        {
            var remove = connection.Get(sql);
            remove.Bind(1, workflow);
            remove.Bind(2, count);
            remove.Run();
        }
    }
}
