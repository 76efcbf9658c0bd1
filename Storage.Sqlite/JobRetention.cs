using OrleansTasks.Files;
using OrleansTasks.Storage.Sqlite.Interop;
using OrleansTasks.Storage.Sqlite.Reading;
using OrleansTasks.Storage.Sqlite.Writing;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage.Sqlite;

/// <summary>
/// Deletes old jobs in steps of a few milliseconds, because a job may have gigabytes of collected results, and the
/// commits of queues wait for the same writer.
/// </summary>
/// <remarks>
/// The spec is deleted first. No read finds a job without a spec, so readers never take part of the results for all of
/// them (they look up the job again after reading a page). The job's row is deleted last, so that after an interrupted
/// deletion the next one finds the job again.
/// </remarks>
internal static class JobRetention
{
    private static readonly TimeSpan StepTime = TimeSpan.FromMilliseconds(5);

    // A state above 0 is final. The job of a workflow node is kept as long as the workflow.
    private const string Old = """
        SELECT key FROM jobs INDEXED BY jobs_ended
        WHERE state > 0 AND ended_at < ?1 AND NOT EXISTS (SELECT 1 FROM workflow_jobs w WHERE w.job = jobs.id) LIMIT ?2
        """;

    private const string Spec = "DELETE FROM job_specs WHERE job = ?1";

    // One row per run, so that the time can be checked after each: a row may have a megabyte.
    private static readonly string[] Large =
    [
        "DELETE FROM collected WHERE key = (SELECT key FROM collected WHERE job = ?1 LIMIT 1)",
        "DELETE FROM progress_parts WHERE key = (SELECT key FROM progress_parts WHERE job = ?1 LIMIT 1)",
    ];

    private const string Job = "DELETE FROM jobs WHERE key = ?1 RETURNING id";

    /// <summary>Returns the keys of jobs that ended before a time.</summary>
    internal static List<long> Ended(ReadSession session, long endedBefore, int limit)
    {
        var keys = new List<long>();
        var old = session.Get(Old);
        old.Bind(1, endedBefore);
        old.Bind(2, (long)limit);
        while (old.Step())
            keys.Add(old.Int64(0));
        return keys;
    }

    /// <summary>Deletes as much as a step has time for. Returns true when the job is gone.</summary>
    internal static bool Remove(Connection connection, long key, TimeProvider time)
    {
        var begun = time.GetTimestamp();
        Run(connection, Spec, key);
        foreach (var sql in Large)
        {
            var delete = connection.Get(sql);
            delete.Bind(1, key);
            while (delete.Run() > 0)
            {
                if (time.GetElapsedTime(begun) >= StepTime)
                    return false;
            }
        }

        var job = connection.Get(Job);
        job.Bind(1, key);
        TaskId? id = job.Step() ? job.Id(0) : null;
        // RETURNING has yielded its only row. Running to the end resets the statement.
        job.Run();
        if (id is { } gone)
            FileUseWriter.Remove(connection, FileUseKind.Job, gone);
        return true;
    }

    private static void Run(Connection connection, string sql, long key)
    {
        var delete = connection.Get(sql);
        delete.Bind(1, key);
        delete.Run();
    }
}
