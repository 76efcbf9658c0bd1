namespace OrleansTasks.Storage.Sql;

/// <summary>Finds and marks the artifacts that leave the store of files.</summary>
/// <param name="database">The database.</param>
internal sealed class SqlKeptArtifactStore(ISqlDatabase database) : IKeptArtifactStore
{
    // States 4, 5 and 6 are final. The batch of a workflow's task is the workflow, whose state 0 is open.
    private const string IsEnded =
        "t.state IN (4, 5, 6) AND NOT EXISTS (SELECT 1 FROM ot.workflows w WHERE w.id = s.batch AND w.state = 0)";

    // artifacts_left is 0 for artifacts that are kept, 1 for leaving, 2 for gone.
    private const string SelectOldest = $"""
        SELECT t.id, t.attempt, t.token FROM ot.results r
            JOIN ot.tasks t ON t.key = r.task AND t.attempt = r.attempt JOIN ot.specs s ON s.task = t.key
        WHERE r.artifacts > 0 AND r.artifacts_left < 2 AND {IsEnded}
        ORDER BY r.artifacts_left DESC, t.ended_at, t.id LIMIT $1
        """;

    // A retry must not be under way.
    private const string LockTask = "SELECT key FROM ot.tasks WHERE id = $1\n FOR UPDATE";

    private const string Mark = $"""
        UPDATE ot.results SET artifacts_left = 1 WHERE artifacts > 0 AND artifacts_left < 2 AND attempt = $2
            AND task IN (
            SELECT t.key FROM ot.tasks t JOIN ot.specs s ON s.task = t.key
            WHERE t.id = $1 AND t.attempt = $2 AND t.token = $3 AND {IsEnded})
        """;

    private const string MarkGone = """
        UPDATE ot.results SET artifacts_left = 2 WHERE artifacts_left = 1 AND attempt = $2
            AND task IN (SELECT key FROM ot.tasks WHERE id = $1)
        """;

    /// <inheritdoc/>
    public async Task<ImmutableArray<KeptAttempt>> Oldest(int limit) => [.. await database.Scan(
        session => session.All(
            new SqlStatement(SelectOldest).Bind((long)limit),
            static row => new KeptAttempt(row.Id(0), row.Int32(1), row.Token(2))),
        CancellationToken.None).ConfigureAwait(false)];

    /// <inheritdoc/>
    public Task<bool> Expire(KeptAttempt attempt) => database.WriteInBackground(async session =>
    {
        var locking = new SqlStatement(LockTask).Bind(attempt.Task);
        await session.All(locking, static row => row.Int64(0)).ConfigureAwait(false);
        var mark = new SqlStatement(Mark).Bind(attempt.Task).Bind((long)attempt.Attempt).Bind(attempt.Token);
        return await session.Run(mark).ConfigureAwait(false) > 0;
    });

    /// <inheritdoc/>
    public Task Finish(KeptAttempt attempt) => database.WriteInBackground(session =>
        session.Run(new SqlStatement(MarkGone).Bind(attempt.Task).Bind((long)attempt.Attempt)));
}
