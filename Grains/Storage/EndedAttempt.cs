using OrleansTasks.Tasks;

namespace OrleansTasks.Storage;

/// <summary>An attempt that has ended while its task goes on, with a further attempt or after a retry.</summary>
/// <param name="Attempt">Its number, from 1.</param>
/// <param name="Token">Its lease token, under which its output is filed.</param>
/// <param name="Node">Its node's id.</param>
/// <param name="State">How it ended: failed, or the task's final state before a retry (failed or cancelled).</param>
/// <param name="Reason">Why it ended; <see cref="EndReason.NodeLost"/> also when its node gave it back after the start.</param>
/// <param name="ExitCode">Its exit code; null when it did not exit by itself, or nobody told.</param>
/// <param name="Signal">The name of the signal that ended it (<c>SIGKILL</c>); null when none did, or nobody told.</param>
/// <param name="StartedAt">Unix milliseconds; 0 when it is not known to have started.</param>
/// <param name="EndedAt">Unix milliseconds.</param>
public sealed record EndedAttempt(
    int Attempt,
    LeaseToken Token,
    string? Node,
    TaskState State,
    EndReason Reason,
    int? ExitCode,
    string? Signal,
    long StartedAt,
    long EndedAt);
