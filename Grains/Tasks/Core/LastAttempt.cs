namespace OrleansTasks.Tasks;

/// <summary>
/// How the latest attempt of a task ended that waits for its next one; the task's row shows it until then.
/// </summary>
/// <param name="Token">The lease's token, under which the attempt's output is stored.</param>
/// <param name="Node">The node that had the attempt.</param>
/// <param name="Reason">Why it ended.</param>
/// <param name="ExitCode">The exit code; null when there was none.</param>
/// <param name="Signal">The name of the signal that ended it, or null.</param>
/// <param name="StartedAt">When it started, in Unix milliseconds.</param>
internal sealed record LastAttempt(
    LeaseToken Token, string? Node, EndReason Reason, int? ExitCode, string? Signal, long StartedAt);
