using OrleansTasks.Tasks;

namespace OrleansTasks.Storage;

/// <summary>
/// An attempt that ended while its task continues (<see cref="TaskWrite.Superseded"/>). An attempt given back before
/// its start is not kept, and its number is reused. Null means unknown or none. Times are Unix milliseconds.
/// </summary>
/// <param name="Attempt">The attempt's number, from 1.</param>
/// <param name="Token">The attempt's token, which identifies its output.</param>
/// <param name="Node">The node that held the attempt.</param>
/// <param name="State"><see cref="TaskState.Failed"/>, or the task's final state before a retry by a user.</param>
/// <param name="Reason">
/// Why it ended. <see cref="EndReason.NodeLost"/> includes attempts that the node gave back after their start.
/// </param>
/// <param name="ExitCode">Set if the command exited by itself.</param>
/// <param name="Signal">The signal that ended it, such as <c>SIGKILL</c>.</param>
/// <param name="StartedAt">
/// When the start was reported, but no later than the end minus the run time; 0 if unknown.
/// </param>
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
