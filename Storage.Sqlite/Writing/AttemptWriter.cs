using OrleansTasks.Storage.Sqlite.Interop;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage.Sqlite.Writing;

/// <summary>Writes results, and attempts other than the task's latest, which is in the task's own row.</summary>
internal static class AttemptWriter
{
    private const string InsertResult = """
        INSERT OR REPLACE INTO results
            (task, attempt, cpu_time, max_rss, stdout_bytes, stderr_bytes, truncated, place, tail, stdout, stderr, marks,
            artifacts, artifact_bytes)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)
        """;

    private const string InsertValue = "INSERT OR REPLACE INTO task_results (task, attempt, value) VALUES (?1, ?2, ?3)";

    private const string InsertAttempt = """
        INSERT OR IGNORE INTO attempts
            (task, attempt, token, node, state, reason, exit_code, signal, started_at, ended_at)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
        """;

    /// <summary>
    /// Writes a result's figures and output, and the value that the command left. Writes no row for what is absent.
    /// </summary>
    internal static void WriteResult(Connection connection, long key, AttemptResult result)
    {
        if (!result.Value.IsEmpty)
            WriteValue(connection, key, result);
        if (ResultContent.IsNothing(result))
            return;
        var output = result.Output ?? AttemptOutput.Empty;
        var insert = connection.Get(InsertResult);
        insert.Bind(1, key);
        insert.Bind(2, (long)result.Lease.Attempt);
        insert.Bind(3, result.CpuTime);
        insert.Bind(4, result.MaxRssBytes);
        insert.Bind(5, output.StdoutBytes);
        insert.Bind(6, output.StderrBytes);
        insert.Bind(7, output.Truncated);
        insert.Bind(8, (long)(output.Inline ? OutputPlace.Row : OutputPlace.Files));
        if (TailIsOutput(output))
            insert.BindNull(9);
        else
            insert.Bind(9, output.Tail.Span);
        BindInline(insert, 10, output.Inline, output.Stdout);
        BindInline(insert, 11, output.Inline, output.Stderr);
        BindInline(insert, 12, output.Inline, output.Marks);
        insert.BindNullable(13, result.Artifacts?.Count);
        if (result.Artifacts is { } artifacts)
            insert.Bind(14, artifacts.Bytes);
        else
            insert.BindNull(14);
        insert.Run();
    }

    /// <summary>
    /// Writes an ended attempt that the task's own row no longer describes, unless it is already stored.
    /// </summary>
    internal static void WriteSuperseded(Connection connection, long key, EndedAttempt attempt)
    {
        var insert = connection.Get(InsertAttempt);
        insert.Bind(1, key);
        insert.Bind(2, (long)attempt.Attempt);
        insert.Bind(3, attempt.Token);
        insert.Bind(4, attempt.Node);
        insert.Bind(5, (long)attempt.State);
        insert.Bind(6, (long)attempt.Reason);
        insert.BindNullable(7, attempt.ExitCode);
        insert.Bind(8, attempt.Signal);
        insert.Bind(9, attempt.StartedAt);
        insert.Bind(10, attempt.EndedAt);
        insert.Run();
    }

    private static void WriteValue(Connection connection, long key, AttemptResult result)
    {
        var insert = connection.Get(InsertValue);
        insert.Bind(1, key);
        insert.Bind(2, (long)result.Lease.Attempt);
        insert.Bind(3, result.Value.Span);
        insert.Run();
    }

    /// <summary>Returns whether the tail merely repeats the kept output, and so need not be stored.</summary>
    private static bool TailIsOutput(AttemptOutput output)
    {
        var tail = output.Tail.Span;
        return output.Inline && tail.Length == output.Stdout.Length + output.Stderr.Length
            && tail.StartsWith(output.Stdout.Span) && tail.EndsWith(output.Stderr.Span);
    }

    private static void BindInline(Statement insert, int index, bool inline, ReadOnlyMemory<byte> bytes)
    {
        if (inline && !bytes.IsEmpty)
            insert.Bind(index, bytes.Span);
        else
            insert.BindNull(index);
    }
}
