using OrleansTasks.Tasks;

namespace OrleansTasks.Storage;

/// <summary>
/// An attempt that has ended while its task goes on: the task waits for its next attempt, or a user retried the task. A
/// <see cref="TaskRow"/> describes only the latest attempt, so dispatchers have the store keep earlier ones in this
/// form (<see cref="TaskWrite.Superseded"/>). The last attempt of an ended task is in the task's row alone. An attempt
/// that its node gave back before the start is not kept at all: its number is given again.
/// </summary>
/// <param name="Attempt">The attempt's number, from 1.</param>
/// <param name="Token">The attempt's lease token, under which its output is filed.</param>
/// <param name="Node">The id of the node that had the attempt; null when it is not known.</param>
/// <param name="State">
/// <see cref="TaskState.Failed"/>; or, when a user retried the task, the task's state before the retry (failed or
/// cancelled).
/// </param>
/// <param name="Reason">
/// Why the attempt ended. <see cref="EndReason.NodeLost"/> also when its node gave it back after the start, as a worker
/// does that shuts down.
/// </param>
/// <param name="ExitCode">The exit code; null when the command did not exit by itself, or when it is not known.</param>
/// <param name="Signal">
/// The name of the signal that ended the attempt (<c>SIGKILL</c>); null when none did, or when it is not known.
/// </param>
/// <param name="StartedAt">
/// When the attempt started, in Unix milliseconds; 0 when neither a start nor a result was reported. If only the result
/// was reported, an estimate: the time of the report minus the run time.
/// </param>
/// <param name="EndedAt">Unix milliseconds at which the dispatcher learned of the end.</param>
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
