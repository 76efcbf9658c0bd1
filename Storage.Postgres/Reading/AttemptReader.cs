using OrleansTasks.Storage.Postgres.Access;
using OrleansTasks.Storage.Postgres.Writing;
using OrleansTasks.Storage.Sql;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage.Postgres.Reading;

/// <summary>
/// Reads attempts and their output. An attempt that ended while its task continued has a row in <c>attempts</c>; the
/// latest attempt, if it has no such row, is described by the task's own row. The methods run several statements, so
/// the session must read from one snapshot.
/// </summary>
internal static class AttemptReader
{
    private const string Task = """
        SELECT t.attempt, t.node, t.state, t.reason, t.exit_code, t.signal, t.started_at, t.ended_at, r.max_rss, r.cpu_time,
            t.key, t.token
        FROM ot.tasks t LEFT JOIN ot.results r ON r.task = t.key AND r.attempt = t.attempt WHERE t.id = $1
        """;

    private const string Superseded = """
        SELECT a.attempt, a.node, a.state, a.reason, a.exit_code, a.signal, a.started_at, a.ended_at, r.max_rss, r.cpu_time
        FROM ot.attempts a LEFT JOIN ot.results r ON r.task = a.task AND r.attempt = a.attempt
        WHERE a.task = $1 ORDER BY a.attempt
        """;

    private const string Token = "SELECT token FROM ot.attempts WHERE task = $1 AND attempt = $2";

    private const string Output = """
        SELECT stdout_bytes, stderr_bytes, truncated, place, tail, stdout, stderr, marks
        FROM ot.results WHERE task = $1 AND attempt = $2
        """;

    internal static async Task<ImmutableArray<AttemptRecord>?> ReadAll(Session session, TaskId id)
    {
        if (await Find(session, id).ConfigureAwait(false) is not { } task)
            return null;
        var attempts = await session.All(new Query(Superseded).Bind(task.Key), Record).ConfigureAwait(false);
        var latest = task.Latest.Attempt;
        // The row of a waiting task describes no attempt: the task has had none, or its last one has a row in attempts.
        if (latest > 0 && task.Latest.State >= TaskState.Assigned && (attempts.Count == 0 || attempts[^1].Attempt < latest))
            attempts.Add(task.Latest);
        return [.. attempts];
    }

    internal static async Task<StoredOutput?> FindOutput(Session session, TaskId id, int attempt)
    {
        if (await Find(session, id).ConfigureAwait(false) is not { } task)
            return null;
        var latest = task.Latest.Attempt;
        if (attempt == 0)
            attempt = latest;
        if (attempt == 0)
            return new StoredOutput(0, default, Ended: false, null, Dropped: false);
        var tokens = await session.All(
            new Query(Token).Bind(task.Key).Bind(attempt), static row => row.Token(0)).ConfigureAwait(false);
        if (tokens.Count > 0)
            return await ReadOutput(session, task.Key, attempt, tokens[0], ended: true).ConfigureAwait(false);
        return attempt == latest
            ? await ReadOutput(session, task.Key, attempt, task.Token, ended: !task.Latest.State.IsLeased()).ConfigureAwait(false)
            : null;
    }

    private static Task<FoundTask?> Find(Session session, TaskId id) => session.First(
        new Query(Task).Bind(id), static row => new FoundTask(row.Int64(10), row.Token(11), Record(row)));

    private static async Task<StoredOutput> ReadOutput(Session session, long key, int attempt, LeaseToken token, bool ended)
    {
        var stored = await session.First(new Query(Output).Bind(key).Bind(attempt), static row =>
        {
            var place = (OutputPlace)row.Int32(3);
            var output = new AttemptOutput(
                row.Int64(0), row.Int64(1), row.Boolean(2), new ResultRow(row).Tail(tail: 4, stdout: 5, stderr: 6),
                Inline: place == OutputPlace.Row, row.Memory(5), row.Memory(6), row.Memory(7));
            return new Kept(output, place == OutputPlace.Dropped);
        }).ConfigureAwait(false);
        return new StoredOutput(attempt, token, ended, stored?.Output, stored?.IsDropped ?? false);
    }

    // The first ten columns of both Task and Superseded.
    private static AttemptRecord Record(Row row) => new(
        row.Int32(0),
        row.Text(1),
        (TaskState)row.Int32(2),
        (EndReason)row.Int32(3),
        row.NullableInt32(4),
        row.Text(5),
        row.Time(6),
        row.Time(7),
        row.Time(8),
        row.Time(9));

    /// <summary>A task's own row, with its latest attempt.</summary>
    private sealed record FoundTask(long Key, LeaseToken Token, AttemptRecord Latest);

    /// <summary>The output in a result's row.</summary>
    private sealed record Kept(AttemptOutput Output, bool IsDropped);
}
