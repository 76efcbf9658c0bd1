using OrleansTasks.Storage.Postgres.Access;

namespace OrleansTasks.Storage.Postgres;

/// <summary>
/// Deletes old jobs in short transactions. The spec is deleted first. No read finds a job without a spec, so readers
/// never take part of the results for all of them. The job's row is deleted last, so that after an interrupted deletion
/// the next one finds the job again.
/// </summary>
internal sealed class JobRetention(PostgresDatabase database)
{
    // A state above 0 is final. The job of a workflow node is kept as long as the workflow.
    private const string Old = """
        SELECT key FROM ot.jobs
        WHERE state > 0 AND ended_at < $1 AND NOT EXISTS (SELECT 1 FROM ot.workflow_jobs w WHERE w.job = jobs.id)
        ORDER BY ended_at LIMIT $2
        """;

    private const string Hide = "UPDATE ot.jobs SET spec = NULL WHERE key = $1";

    // Up to 16 rows in a transaction, each of which may have a megabyte.
    private static readonly string[] Large =
    [
        "DELETE FROM ot.collected WHERE job = $1 AND no IN (SELECT no FROM ot.collected WHERE job = $1 LIMIT 16)",
        """
        DELETE FROM ot.progress_parts WHERE job = $1
            AND (version, part) IN (SELECT version, part FROM ot.progress_parts WHERE job = $1 LIMIT 16)
        """,
    ];

    private const string Delete = """
        WITH gone AS (DELETE FROM ot.jobs WHERE key = $1 RETURNING id)
        DELETE FROM ot.file_uses f USING gone g WHERE f.kind = 6 AND f.id = g.id::text
        """;

    /// <summary>See <see cref="IJobStore.Prune"/>.</summary>
    internal async Task<int> Prune(long endedBefore, int limit)
    {
        var keys = await database.Read(session => session.All(
            new Query(Old).Bind(endedBefore).Bind((long)limit), static row => row.Int64(0))).ConfigureAwait(false);
        foreach (var key in keys)
        {
            await Run(Hide, key).ConfigureAwait(false);
            foreach (var sql in Large)
            {
                while (await Run(sql, key).ConfigureAwait(false) > 0)
                {
                }
            }

            await Run(Delete, key).ConfigureAwait(false);
        }

        return keys.Count;
    }

    private Task<int> Run(string sql, long key) => database.Write(session => session.Run(new Query(sql).Bind(key)));
}
