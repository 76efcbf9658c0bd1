namespace OrleansTasks.Tasks;

/// <summary>
/// How the latest attempt ended of a task, or of a chunk run, that waits for its next one. A task's row shows it until then; matching
/// avoids its node when the command could not be started there. Empty (no node, <see cref="EndReason.None"/>) when the task's row knew
/// nothing of the attempt.
/// </summary>
/// <param name="Token">The token of its lease, under which its output is stored.</param>
/// <param name="Node">The id of the node that had it; null when not known.</param>
/// <param name="Reason">Why it ended.</param>
/// <param name="ExitCode">The exit code; null when there was none.</param>
/// <param name="Signal">The name of the signal that ended it, or null.</param>
/// <param name="StartedAt">When it started, in Unix milliseconds; 0 when it is not known to have started.</param>
internal sealed record LastAttempt(
    LeaseToken Token, string? Node, EndReason Reason, int? ExitCode, string? Signal, long StartedAt);
