namespace OrleansTasks.Storage.Tests;

/// <summary>Rows as tasks go through their life.</summary>
public static class TestRows
{
    public static LeaseToken TokenOf(int n) => new(0x1122334455667788, (ulong)n);

    public static TaskRow Assigned(this TaskRow row, int attempt = 1, string node = "n1") => row with
    {
        State = TaskState.Assigned, Attempt = attempt, Node = node, Token = TokenOf(attempt), NodeSession = 40
            + attempt,
        StartedAt = 0, EndedAt = 0,
        ExitCode = null, Signal = null, Reason = EndReason.None,
    };

    public static TaskRow Running(this TaskRow row, int attempt = 1, string node = "n1", long at = 1000) =>
        row.Assigned(attempt, node) with { State = TaskState.Running, StartedAt = at };

    public static TaskRow Ended(this TaskRow row, int exitCode = 0, long at = 2000) => row with
    {
        State = exitCode == 0 ? TaskState.Succeeded : TaskState.Failed, Reason = EndReason.Exit, ExitCode = exitCode,
        EndedAt = at,
    };

    /// <summary>Failed because its node was lost; quarantined if that happened without counting as a failure.</summary>
    public static TaskRow Lost(this TaskRow row, int losses, long at = 2000) => row with
    {
        State = TaskState.Failed, Reason = EndReason.NodeLost, NodeLosses = losses, ExitCode = null, EndedAt = at,
    };

    public static TaskRow Waiting(this TaskRow row, long dueAt) => row with
    {
        State = TaskState.Scheduled, DueAt = dueAt, StartedAt = 0, EndedAt = 0, ExitCode = null, Signal = null,
        Reason = EndReason.None,
    };

    public static AttemptResult Result(
        TaskRow row, AttemptOutput? output = null, long cpuTime = 0, long rss = 0, int exitCode = 0) =>
        new(new LeaseRef(row.Id, "default", row.Attempt, row.Token), EndReason.Exit,
            exitCode, null,
            5, cpuTime, rss, output);

    public static AttemptOutput Inline(
        string stdout, string stderr = "", string? tail = null, bool truncated = false) => new(
        stdout.Length, stderr.Length, truncated, Bytes(tail ?? stdout + stderr), true, Bytes(stdout), Bytes(stderr), Bytes("marks"));

    public static AttemptOutput Filed(long stdout, long stderr = 0) =>
        new(stdout, stderr, false, Bytes("tail"), false, default, default);

    public static EndedAttempt Left(TaskRow row, EndReason reason, int? exitCode, long at) => new(
        row.Attempt, row.Token, row.Node, TaskState.Failed, reason, exitCode, null, row.StartedAt, at);

    public static ReadOnlyMemory<byte> Bytes(string text) => System.Text.Encoding.UTF8.GetBytes(text);

    public static string Text(ReadOnlyMemory<byte> bytes) => System.Text.Encoding.UTF8.GetString(bytes.Span);
}
