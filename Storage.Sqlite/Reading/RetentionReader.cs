using OrleansTasks.Jobs;
using OrleansTasks.Storage.Sql;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage.Sqlite.Reading;

/// <summary>
/// Selects what retention may remove. Excludes source tasks of open jobs, and tasks of stored workflows.
/// </summary>
internal static class RetentionReader
{
    /// <summary>The maximum number of tasks that one read looks at.</summary>
    internal const int Page = 2_000;

    // The node tasks of a workflow have the keys right after its own, so only the last workflow before a task can
    // contain it. Likewise for the items of a node.
    private const string IsFree = """
        ifnull((SELECT w.key + w.count FROM workflows w WHERE w.key < t.key ORDER BY w.key DESC LIMIT 1), 0) < t.key
        AND ifnull((SELECT i.first + i.count FROM workflow_items i WHERE i.first <= t.key
            ORDER BY i.first DESC LIMIT 1), 0) <= t.key
        """;

    // State 4 is succeeded; those above are failed and cancelled. SQLite merges the two indexes row by row, so it does
    // not look further than the caller steps.
    private const string EndedTasks = $"""
        SELECT key, id, ended_at, {IsFree} FROM tasks t INDEXED BY tasks_succeeded
        WHERE state = 4 AND ended_at < ?1 AND (ended_at, key) > (?3, ?4)
        UNION ALL
        SELECT key, id, ended_at, {IsFree} FROM tasks t INDEXED BY tasks_unsuccessful
        WHERE state > 4 AND ended_at < ?2 AND (ended_at, key) > (?3, ?4)
        ORDER BY ended_at, key
        """;

    // Place 1: the output is in the output store, not in the row. States above 3 are final.
    private const string FiledTasks = """
        SELECT t.key, t.id, t.ended_at, sum(r.stdout_bytes + r.stderr_bytes)
        FROM results r INDEXED BY results_filed CROSS JOIN tasks t ON t.key = r.task
        WHERE r.place = 1 AND t.state > 3 GROUP BY r.task ORDER BY t.ended_at DESC, t.id DESC
        """;

    private const string OpenJobs = "SELECT id FROM jobs INDEXED BY jobs_open WHERE state = 0";

    /// <summary>
    /// Returns tasks after a place that ended before a time, oldest end first. Tasks that did not succeed have a time
    /// of their own. Looks at no more than <see cref="Page"/> tasks, however many of them are kept.
    /// </summary>
    internal static EndedPage Ended(
        ReadSession session, long endedBefore, long failedBefore, EndedPlace after, int limit)
    {
        var owned = OwnedTasks(session);
        var tasks = new List<EndedTask>();
        var row = session.Get(EndedTasks);
        row.Bind(1, endedBefore);
        row.Bind(2, failedBefore);
        row.Bind(3, after.EndedAt);
        row.Bind(4, after.Key);
        for (var seen = 0; seen < Page && tasks.Count < limit; seen++)
        {
            if (!row.Step())
                return new EndedPage(tasks, after, IsLast: true);
            after = new EndedPlace(row.Int64(2), row.Int64(0));
            var id = row.Id(1);
            if (row.Int64(3) != 0 && !owned.Contains(id))
                tasks.Add(new EndedTask(after, id));
        }

        row.Reset();
        return new EndedPage(tasks, after, IsLast: false);
    }

    /// <summary>
    /// Returns the ended tasks whose stored output exceeds the bound. Output that an open job owns does not count, like
    /// that of a running task.
    /// </summary>
    internal static OutsizedTasks Outsized(ReadSession session, long keepBytes, long readAt)
    {
        var found = new OutsizedTasks(keepBytes, readAt);
        var owned = OwnedTasks(session);
        var row = session.Get(FiledTasks);
        while (row.Step())
        {
            var (bytes, id) = (row.Int64(3), row.Id(1));
            if (bytes > 0 && !owned.Contains(id))
                found.Add(row.Int64(0), id, row.Int64(2), bytes);
        }

        return found;
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

/// <summary>An ended task that retention may remove.</summary>
internal readonly record struct EndedTask(EndedPlace Place, TaskId Id);

/// <summary>What a read of ended tasks found.</summary>
/// <param name="Tasks">The tasks that may be removed.</param>
/// <param name="End">The place of the last task that the read looked at.</param>
/// <param name="IsLast">Whether no task is left after that place.</param>
internal sealed record EndedPage(List<EndedTask> Tasks, EndedPlace End, bool IsLast);
