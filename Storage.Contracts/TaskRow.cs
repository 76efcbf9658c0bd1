using OrleansTasks.Tasks;

namespace OrleansTasks.Storage;

/// <summary>
/// The columns of a task that change, always written together. Times are Unix milliseconds; 0 means not set.
/// </summary>
public readonly record struct TaskRow
{
    /// <summary>The task's number in the queue. Rises with acceptance, may have gaps, and never changes.</summary>
    public required long No { get; init; }

    /// <summary>The task's id.</summary>
    public required TaskId Id { get; init; }

    /// <summary>The task's state.</summary>
    public required TaskState State { get; init; }

    /// <summary>
    /// The position within its priority, lowest first: <see cref="No"/>, or a larger number after a user's retry.
    /// </summary>
    public required long Order { get; init; }

    /// <summary>
    /// The latest attempt's number; 0 before the first. Reused if the attempt is given back before its start.
    /// </summary>
    public int Attempt { get; init; }

    /// <summary>
    /// Counts of failed attempts since acceptance or a user's retry, 8 bits each. The lowest 8 bits count against
    /// <see cref="RetryPolicy.MaxAttempts"/>; each further 8 bits count one <see cref="FailureCause"/> with its own
    /// budget. No count reaches its highest bit: the highest bits of the first seven counts together count the failures
    /// of all causes about files.
    /// </summary>
    public long Failures { get; init; }

    /// <summary>
    /// The number of node losses since acceptance or a user's retry, including one that ended the task.
    /// </summary>
    public int NodeLosses { get; init; }

    /// <summary>
    /// Whether the task failed because its node was lost too often. Losses that count as failed attempts do not count.
    /// </summary>
    public bool IsQuarantined => State == TaskState.Failed && Reason == EndReason.NodeLost && NodeLosses > 0;

    /// <summary>The latest attempt's token. Kept after the attempt ends, because it identifies the output.</summary>
    public LeaseToken Token { get; init; }

    /// <summary>The latest attempt's node, or null.</summary>
    public string? Node { get; init; }

    /// <summary>
    /// The node session that holds the attempt, while assigned or running. A new registration may change it.
    /// </summary>
    public long NodeSession { get; init; }

    /// <summary>When a scheduled task becomes queued; otherwise 0.</summary>
    public long DueAt { get; init; }

    /// <summary>When the task last became queued.</summary>
    public long QueuedAt { get; init; }

    /// <summary>
    /// When the start was reported; once the attempt has ended, no later than that end minus the run time.
    /// </summary>
    public long StartedAt { get; init; }

    /// <summary>When the task ended.</summary>
    public long EndedAt { get; init; }

    /// <summary>When a cancel was requested, even if the command then succeeded. A user's retry clears it.</summary>
    public long CancelRequestedAt { get; init; }

    /// <summary>The latest attempt's exit code; null if the command did not exit by itself, or if unknown.</summary>
    public int? ExitCode { get; init; }

    /// <summary>The signal that ended the latest attempt; null if none, or if unknown.</summary>
    public string? Signal { get; init; }

    /// <summary>
    /// Why the task ended or, while it waits, its latest attempt. <see cref="EndReason.None"/> while a node holds it.
    /// </summary>
    public EndReason Reason { get; init; }
}
