using OrleansTasks.Tasks;

namespace OrleansTasks.Dispatch.Table;

/// <summary>
/// How the latest attempt of a task or chunk run ended, while the task waits for its next attempt. It is the task's
/// <see cref="TaskSlot.Detail"/> until the next <see cref="Lease"/> replaces it. The stored row shows it to users, and
/// <see cref="Matching"/> avoids the node if the command could not be started there.
/// </summary>
/// <remarks>
/// After a restart, and for a retry of an ended task, it is read from the task's row. It is empty (no node,
/// <see cref="EndReason.None"/>) if the row no longer describes the attempt, because after an earlier restart the next
/// attempt was given back before it started (<see cref="Lease.Before"/>). The output is stored under <c>Token</c>.
/// <c>StartedAt</c> is in Unix milliseconds of the dispatcher's clock: when the start was reported, but no later than
/// when the result arrived, minus its run time; 0 if neither was reported.
/// </remarks>
internal sealed record LastAttempt(
    LeaseToken Token, string? Node, EndReason Reason, int? ExitCode, string? Signal, long StartedAt);
