using OrleansTasks.Tasks;

namespace OrleansTasks.Storage;

/// <summary>
/// An earlier attempt of a task that goes on (<see cref="TaskWrite.Superseded"/>). An attempt given back before its
/// start is not kept: its number is reused. Null means unknown or none. Times are Unix milliseconds.
/// </summary>
/// <param name="Attempt">Counts from 1.</param>
/// <param name="Token">The key of the attempt's output.</param>
/// <param name="Node">The node that had the attempt.</param>
/// <param name="State"><see cref="TaskState.Failed"/>, or the task's final state before a retry by a user.</param>
/// <param name="Reason"><see cref="EndReason.NodeLost"/> also if the node gave it back after the start.</param>
/// <param name="ExitCode">Set if the command exited by itself.</param>
/// <param name="Signal">Such as <c>SIGKILL</c>.</param>
/// <param name="StartedAt">0 if unknown. Without a reported start, the time of the result minus the run time.</param>
/// <param name="EndedAt">When the dispatcher learned of the end.</param>
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
