using OrleansTasks.Jobs;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage.Sqlite.Reading;

/// <summary>
/// Selects what retention may remove. Excludes source tasks of open jobs, and tasks of stored workflows.
/// </summary>
internal static class RetentionReader
{
    // The node tasks of a workflow have the keys right after its own, so only the last workflow before a task can
    // contain it. Likewise for the items of a node.
    private const string IsFree = """
        ifnull((SELECT w.key + w.count FROM workflows w WHERE w.key < t.key ORDER BY w.key DESC LIMIT 1), 0) < t.key
        AND ifnull((SELECT i.first + i.count FROM workflow_items i WHERE i.first <= t.key
            ORDER BY i.first DESC LIMIT 1), 0) <= t.key
        """;

    // State 4 is succeeded; those above are failed and cancelled.
    private const string Succeeded = $"""
        SELECT key, id, ended_at FROM tasks t INDEXED BY tasks_succeeded WHERE state = 4 AND ended_at < ?1 AND {IsFree}
        ORDER BY ended_at
        """;

    private const string Unsuccessful = $"""
        SELECT key, id, ended_at FROM tasks t INDEXED BY tasks_unsuccessful WHERE state > 4 AND ended_at < ?1 AND {IsFree}
        ORDER BY ended_at
        """;

    // Place 1: the output is in the output store, not in the row. States above 3 are final.
    private const string FiledTasks = """
        SELECT t.key, t.id, sum(r.stdout_bytes + r.stderr_bytes)
        FROM results r INDEXED BY results_filed CROSS JOIN tasks t ON t.key = r.task
        WHERE r.place = 1 AND t.state > 3 GROUP BY r.task ORDER BY t.ended_at DESC, t.id DESC
        """;

    private const string OpenJobs = "SELECT id FROM jobs INDEXED BY jobs_open WHERE state = 0";

    /// <summary>
    /// Returns tasks that ended before a time, oldest end first. Tasks that did not succeed have a time of their own.
    /// </summary>
    internal static List<(long Key, TaskId Id)> Ended(ReadSession session, long endedBefore, long failedBefore, int limit)
    {
        var owned = OwnedTasks(session);
        var tasks = Ended(session, Succeeded, endedBefore, owned, limit);
        tasks.AddRange(Ended(session, Unsuccessful, failedBefore, owned, limit));
        return [.. tasks.OrderBy(static task => task.EndedAt).Take(limit).Select(static task => (task.Key, task.Id))];
    }

    private static List<(long Key, TaskId Id, long EndedAt)> Ended(
        ReadSession session, string sql, long before, HashSet<TaskId> owned, int limit)
    {
        var tasks = new List<(long, TaskId, long)>();
        var row = session.Get(sql);
        row.Bind(1, before);
        while (tasks.Count < limit && row.Step())
        {
            var id = row.Id(1);
            if (!owned.Contains(id))
                tasks.Add((row.Int64(0), id, row.Int64(2)));
        }

        row.Reset();
        return tasks;
    }

    /// <summary>
    /// Returns the ended tasks, oldest end first, whose stored output exceeds the bound: without them, the rest is
    /// within it. Output that an open job owns does not count, like that of a running task.
    /// </summary>
    internal static List<(long Key, TaskId Id)> Outsized(ReadSession session, long keepBytes, int limit)
    {
        var beyond = new List<(long, TaskId)>();
        var owned = OwnedTasks(session);
        var sum = 0L;
        var row = session.Get(FiledTasks);
        while (row.Step())
        {
            var (bytes, id) = (row.Int64(2), row.Id(1));
            if (bytes == 0 || owned.Contains(id))
                continue;
            sum += bytes;
            if (sum > keepBytes)
                beyond.Add((row.Int64(0), id));
        }

        beyond.Reverse();
        return beyond.Count <= limit ? beyond : beyond[..limit];
    }

    internal static List<int> Queues(ReadSession session)
    {
        var queues = new List<int>();
        var row = session.Get("SELECT no FROM queues ORDER BY no");
        while (row.Step())
            queues.Add(row.Int32(0));
        return queues;
    }

    /// <summary>Returns the source tasks of open jobs.</summary>
    private static HashSet<TaskId> OwnedTasks(ReadSession session)
    {
        var tasks = new HashSet<TaskId>();
        var row = session.Get(OpenJobs);
        while (row.Step())
            tasks.Add(SourceTaskId.Of(row.Id(0)));
        return tasks;
    }
}
