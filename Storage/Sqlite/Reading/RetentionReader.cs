using OrleansTasks.Tasks;

namespace OrleansTasks.Storage.Sqlite.Reading;

/// <summary>Chooses what retention may remove.</summary>
internal static class RetentionReader
{
    private const string EndedTasks = """
        SELECT key, id FROM tasks INDEXED BY tasks_ended WHERE state > 3 AND ended_at < ?1 ORDER BY ended_at LIMIT ?2
        """;

    private const string FiledTasks = """
        SELECT t.key, t.id, sum(r.stdout_bytes + r.stderr_bytes)
        FROM results r INDEXED BY results_filed CROSS JOIN tasks t ON t.key = r.task
        WHERE r.place = 1 AND t.state > 3 GROUP BY r.task ORDER BY t.ended_at DESC, t.id DESC
        """;

    internal static List<(long Key, TaskId Id)> Ended(ReadSession session, long endedBefore, int limit)
    {
        var tasks = new List<(long, TaskId)>();
        var row = session.Get(EndedTasks);
        row.Bind(1, endedBefore);
        row.Bind(2, (long)limit);
        while (row.Step())
            tasks.Add((row.Int64(0), row.Id(1)));
        return tasks;
    }

    /// <summary>
    /// The ended tasks, oldest end first, without which the others' filed output is within the bound.
    /// </summary>
    internal static List<(long Key, TaskId Id)> Outsized(ReadSession session, long keepBytes, int limit)
    {
        var beyond = new List<(long, TaskId)>();
        var sum = 0L;
        var row = session.Get(FiledTasks);
        while (row.Step())
        {
            var bytes = row.Int64(2);
            sum += bytes;
            if (sum > keepBytes && bytes > 0)
                beyond.Add((row.Int64(0), row.Id(1)));
        }

        beyond.Reverse();
        return beyond.Count <= limit ? beyond : beyond[..limit];
    }

    internal static List<int> Partitions(ReadSession session)
    {
        var partitions = new List<int>();
        var row = session.Get("SELECT no FROM partitions ORDER BY no");
        while (row.Step())
            partitions.Add(row.Int32(0));
        return partitions;
    }
}
