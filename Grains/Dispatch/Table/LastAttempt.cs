using OrleansTasks.Tasks;

namespace OrleansTasks.Dispatch.Table;

/// <summary>
/// How the latest attempt of a task or a chunk run (a chunk of a data job, run as a task is) ended, while the task
/// waits for its next attempt. It is the task's <see cref="TaskSlot.Detail"/> until the next attempt's
/// <see cref="Lease"/> takes its place. The task's stored row shows it to users, and <see cref="Matching"/> avoids the
/// node if the command could not be started there.
/// <para>
/// <see cref="Attempts"/> creates it when an attempt fails or is lost, or is given back after it has started. After a
/// restart of the dispatcher, and for a retry of an ended task, it is read from the task's row. If the row no longer
/// describes the attempt, it is empty: no node, <see cref="EndReason.None"/>. The row lost the description if, after an
/// earlier restart, the next attempt was given back before it started (<see cref="Lease.Before"/>).
/// </para>
/// </summary>
/// <param name="Token">The token of the attempt's lease, under which its output is stored.</param>
/// <param name="Node">The id of the node that held the attempt; null when it is not known.</param>
/// <param name="Reason">Why the attempt ended.</param>
/// <param name="ExitCode">The exit code; null when there was none.</param>
/// <param name="Signal">The name of the signal that ended the attempt, or null.</param>
/// <param name="StartedAt">
/// When the attempt started, in Unix milliseconds of the dispatcher's clock; 0 when neither a start nor a result was
/// reported. If the worker reported only the result, this is an estimate: when the result arrived, less the run time
/// that the result names.
/// </param>
internal sealed record LastAttempt(
    LeaseToken Token, string? Node, EndReason Reason, int? ExitCode, string? Signal, long StartedAt);
