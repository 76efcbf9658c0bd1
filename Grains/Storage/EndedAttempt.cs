using OrleansTasks.Tasks;

namespace OrleansTasks.Storage;

/// <summary>An attempt that a task has left behind.</summary>
/// <param name="Attempt">Its number, from 1.</param>
/// <param name="Token">Its lease token.</param>
/// <param name="Node">Its node.</param>
/// <param name="State">How it ended: succeeded, failed or cancelled.</param>
/// <param name="Reason">Why it ended.</param>
/// <param name="ExitCode">Its exit code.</param>
/// <param name="Signal">The signal that ended it.</param>
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
