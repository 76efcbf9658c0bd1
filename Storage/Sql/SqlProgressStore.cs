using OrleansTasks.Tasks;

namespace OrleansTasks.Storage.Sql;

/// <summary>The progress of attempts on SQLite or PostgreSQL.</summary>
/// <param name="database">The database.</param>
internal sealed class SqlProgressStore(ISqlDatabase database) : IProgressStore
{
    // The token selects the latest attempt. A task has one row, that of the attempt that reported last.
    private const string Upsert = """
        INSERT INTO ot.task_progress (task, token, hundredths, message, at)
            SELECT key, token, $3, $4, $5 FROM ot.tasks WHERE id = $1 AND token = $2
        ON CONFLICT (task) DO UPDATE SET token = excluded.token, hundredths = excluded.hundredths,
            message = excluded.message, at = excluded.at
        """;

    // States 2 and 3 are those of tasks that a node holds. SQLite takes the tables of a CROSS JOIN in this order. So it
    // looks up the progress of each task at a node, instead of walking the progress of all tasks that have ended.
    private const string SelectLatest = """
        SELECT t.id, t.started_at, p.hundredths, p.message, p.at
        FROM ot.tasks t /*INDEXED BY tasks_leased*/ CROSS JOIN ot.task_progress p
        WHERE t.state IN (2, 3) AND p.task = t.key AND p.token = t.token ORDER BY p.at DESC LIMIT $1
        """;

    /// <inheritdoc/>
    public Task Write(IReadOnlyList<ProgressRow> rows) => database.WriteAll(
    [
        .. rows.OrderBy(static row => row.Task).Select(static row => new SqlStatement(Upsert)
            .Bind(row.Task).Bind(row.Token)
            .Bind(row.Progress.Hundredths).Bind(row.Progress.Message).Bind(row.Progress.At)),
    ]);

    /// <inheritdoc/>
    public Task<ImmutableArray<RunningProgress>> Latest(int limit) => database.Page(
        new SqlStatement(SelectLatest).Bind(limit),
        static row => new RunningProgress(
            row.Id(0), row.Time(1), new TaskProgress(row.Int32(2), row.Text(3), row.Int64(4))));
}
