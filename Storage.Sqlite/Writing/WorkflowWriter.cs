using OrleansTasks.Storage.Encodings;
using OrleansTasks.Storage.Sqlite.Interop;

namespace OrleansTasks.Storage.Sqlite.Writing;

/// <summary>Writes a commit's changes to workflows, and removes old workflows.</summary>
internal static class WorkflowWriter
{
    private const string Insert = """
        INSERT INTO workflows (key, state, run, ended_at, cancel_requested_at, cancels_all, id, queue, count, name, labels)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
        """;

    private const string Update = """
        UPDATE workflows SET state = ?2, run = ?3, ended_at = ?4, cancel_requested_at = ?5, cancels_all = ?6 WHERE key = ?1
        """;

    private const string InsertOutline = "INSERT INTO workflow_specs (workflow, outline) VALUES (?1, ?2)";

    // States above 0 are final.
    private const string Ended = """
        SELECT key, count, id FROM workflows INDEXED BY workflows_ended WHERE state > 0 AND ended_at < ?1
        ORDER BY ended_at, key
        """;

    private static readonly string[] Removals =
    [
        "DELETE FROM workflows WHERE key = ?1",
        "DELETE FROM workflow_specs WHERE workflow = ?1",
    ];

    /// <summary>Writes the changes. Returns false if a workflow to change is not stored.</summary>
    internal static bool Write(Connection connection, int queueNo, WorkflowCommit commit)
    {
        foreach (var row in commit.Rows)
        {
            var isNew = commit.Outlines.TryGetValue(row.No, out var outline);
            if (Put(connection, queueNo, row, isNew) == 0)
                return false;
            if (isNew)
                PutOutline(connection, row.No, outline);
        }

        ItemWriter.Write(connection, commit);
        NodeJobWriter.Write(connection, commit);
        return true;
    }

    /// <summary>
    /// Removes some workflows that ended before a time, but not their tasks. Returns their number, which is 0 only if
    /// none is left.
    /// </summary>
    internal static int RemoveEnded(Connection connection, long before, int limit)
    {
        var old = EndedGroups.Oldest(connection, Ended, before, limit);
        foreach (var group in old)
        {
            ItemWriter.Remove(connection, group.Key, group.Count);
            NodeJobWriter.Remove(connection, group.Key, group.Count);
            RetentionWriter.RunAll(connection, Removals, group.Key);
        }

        return old.Count;
    }

    private static int Put(Connection connection, int queueNo, WorkflowRow row, bool isNew)
    {
        var put = connection.Get(isNew ? Insert : Update);
        put.Bind(1, row.No);
        put.Bind(2, (long)row.State);
        put.Bind(3, (long)row.Run);
        put.Bind(4, row.EndedAt);
        put.Bind(5, row.CancelRequestedAt);
        put.Bind(6, row.CancelsAll);
        if (!isNew)
            return put.Run();
        put.Bind(7, row.Id);
        put.Bind(8, queueNo);
        put.Bind(9, (long)row.Count);
        put.Bind(10, row.Name);
        if (row.Labels.IsEmpty)
            put.BindNull(11);
        else
            put.BindUtf8(11, LabelText.Write(row.Labels));
        return put.Run();
    }

    private static void PutOutline(Connection connection, long key, ReadOnlyMemory<byte> outline)
    {
        var put = connection.Get(InsertOutline);
        put.Bind(1, key);
        put.Bind(2, outline.Span);
        put.Run();
    }
}
