using OrleansTasks.Storage.Sql;
using OrleansTasks.Storage.Sqlite.Interop;
using OrleansTasks.Storage.Sqlite.Writing;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage.Sqlite.Reading;

/// <summary>
/// Reads attempts and their output. An attempt that ended while its task continued has a row in <c>attempts</c>; the
/// latest attempt, if it has no such row, is described by the task's own row.
/// </summary>
internal static class AttemptReader
{
    private const string Task = """
        SELECT key, attempt, node, state, reason, exit_code, signal, started_at, ended_at, token
        FROM tasks WHERE id = ?1
        """;

    private const string Superseded = """
        SELECT a.attempt, a.node, a.state, a.reason, a.exit_code, a.signal, a.started_at, a.ended_at,
            r.max_rss, r.cpu_time
        FROM attempts a LEFT JOIN results r ON r.task = a.task AND r.attempt = a.attempt
        WHERE a.task = ?1 ORDER BY a.attempt
        """;

    private const string Figures = "SELECT max_rss, cpu_time FROM results WHERE task = ?1 AND attempt = ?2";
    private const string Token = "SELECT token FROM attempts WHERE task = ?1 AND attempt = ?2";

    private const string Output = """
        SELECT stdout_bytes, stderr_bytes, truncated, place, tail, stdout, stderr, marks
        FROM results WHERE task = ?1 AND attempt = ?2
        """;

    // Records begin at column 0 of Superseded and, after the key, at column 1 of Task.
    internal static ImmutableArray<AttemptRecord>? ReadAll(ReadSession session, TaskId id)
    {
        var task = session.Get(Task);
        task.Bind(1, id);
        if (!task.Step())
            return null;
        var key = task.Int64(0);
        var attempts = ImmutableArray.CreateBuilder<AttemptRecord>();
        var superseded = session.Get(Superseded);
        superseded.Bind(1, key);
        while (superseded.Step())
            attempts.Add(Record(superseded, 0, superseded.Time(8), superseded.Time(9)));

        var latest = task.Int32(1);
        if (latest > 0 && DescribesAttempt(task) && (attempts.Count == 0 || attempts[^1].Attempt < latest))
            attempts.Add(Latest(session, task, key));
        task.Reset();
        return attempts.DrainToImmutable();
    }

    internal static StoredOutput? FindOutput(ReadSession session, TaskId id, int attempt)
    {
        var task = session.Get(Task);
        task.Bind(1, id);
        if (!task.Step())
            return null;
        var key = task.Int64(0);
        var latest = task.Int32(1);
        var latestToken = task.Token(9);
        var leased = ((TaskState)task.Int32(3)).IsLeased();
        task.Reset();
        if (attempt == 0)
            attempt = latest;
        if (attempt == 0)
            return new StoredOutput(0, default, Ended: false, null, Dropped: false);

        if (FindToken(session, key, attempt) is { } token)
            return ReadOutput(session, key, attempt, token, ended: true);
        return attempt == latest ? ReadOutput(session, key, attempt, latestToken, ended: !leased) : null;
    }

    private static LeaseToken? FindToken(ReadSession session, long key, int attempt)
    {
        var statement = session.Get(Token);
        statement.Bind(1, key);
        statement.Bind(2, (long)attempt);
        LeaseToken? token = null;
        while (statement.Step())
            token = statement.Token(0);
        return token;
    }

    private static StoredOutput ReadOutput(ReadSession session, long key, int attempt, LeaseToken token, bool ended)
    {
        var row = session.Get(Output);
        row.Bind(1, key);
        row.Bind(2, (long)attempt);
        AttemptOutput? output = null;
        var dropped = false;
        while (row.Step())
        {
            var place = (OutputPlace)row.Int32(3);
            output = new AttemptOutput(
                row.Int64(0),
                row.Int64(1),
                row.Int32(2) != 0,
                new StatementRow(row).Tail(tail: 4, stdout: 5, stderr: 6),
                Inline: place == OutputPlace.Row,
                row.Copy(5),
                row.Copy(6),
                row.Copy(7));
            dropped = place == OutputPlace.Dropped;
        }

        return new StoredOutput(attempt, token, ended, output, dropped);
    }

    private static AttemptRecord Latest(ReadSession session, Statement task, long key)
    {
        var figures = session.Get(Figures);
        figures.Bind(1, key);
        figures.Bind(2, task.Int64(1));
        long? rss = null, cpu = null;
        while (figures.Step())
            (rss, cpu) = (figures.Time(0), figures.Time(1));
        return Record(task, 1, rss, cpu);
    }

    /// <summary>
    /// Returns whether a task's row describes an attempt. The row of a waiting task does not: the task has had no
    /// attempt, or its last one has a row in <c>attempts</c>.
    /// </summary>
    private static bool DescribesAttempt(Statement task) => (TaskState)task.Int32(3) >= TaskState.Assigned;

    private static AttemptRecord Record(Statement row, int first, long? rss, long? cpu) => new(
        row.Int32(first),
        row.Text(first + 1),
        (TaskState)row.Int32(first + 2),
        (EndReason)row.Int32(first + 3),
        row.NullableInt32(first + 4),
        row.Text(first + 5),
        row.Time(first + 6),
        row.Time(first + 7),
        rss,
        cpu);
}
