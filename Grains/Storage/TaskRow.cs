using OrleansTasks.Tasks;

namespace OrleansTasks.Storage;

/// <summary>
/// The columns of a task that change during its life: its state, its place in the queue, and its latest attempt.
/// Dispatchers write the whole row with each change of the task (<see cref="TaskWrite"/>), and read it as a part of
/// <see cref="OpenTask"/> after a restart or for a retry. Times are Unix milliseconds; 0 means not set.
/// </summary>
/// <remarks>
/// The row describes the latest attempt only; earlier ones are stored as <see cref="EndedAttempt"/>. Which attempt that
/// is depends on the state:
/// <code>
/// scheduled, queued              the attempt that ended last; nothing before the first
/// assigned, running              the attempt that a node holds: no reason, exit code or signal yet
/// succeeded, failed, cancelled   the last attempt, if there was any; but the reason is why the task ended
/// </code>
/// One gap: when an attempt is put back before its start, the row describes the attempt before it again. A dispatcher
/// that was started in between does not know that attempt, and leaves its columns (token, node, start, reason) empty.
/// </remarks>
public readonly record struct TaskRow
{
    /// <summary>
    /// The task's number in its queue, from 1: rises with acceptance, with gaps, and never changes.
    /// </summary>
    public required long No { get; init; }

    /// <summary>The task's id.</summary>
    public required TaskId Id { get; init; }

    /// <summary>The task's state.</summary>
    public required TaskState State { get; init; }

    /// <summary>
    /// The task's place among the waiting tasks of its priority; the lowest goes first. It is <see cref="No"/> until a
    /// user retries the ended task, which gives it a new, larger one. Attempts that fail or are lost do not change it.
    /// </summary>
    public required long Order { get; init; }

    /// <summary>
    /// The latest attempt's number; 0 before the first. When an attempt is put back before its start, the next attempt
    /// gets the same number.
    /// </summary>
    public int Attempt { get; init; }

    /// <summary>
    /// The numbers of failed attempts, eight bits a cause, since acceptance or since a user last retried the task. The
    /// lowest eight bits count those that go against the policy's <see cref="RetryPolicy.MaxAttempts"/>, the next ones
    /// those of each <see cref="FailureCause"/> with a budget of its own. Losses are in <see cref="NodeLosses"/>.
    /// </summary>
    public long Failures { get; init; }

    /// <summary>
    /// How often the task was queued again because its node was lost, since acceptance or since a user last retried the
    /// task; the loss that ended the task counts, too.
    /// </summary>
    public int NodeLosses { get; init; }

    /// <summary>
    /// Whether the task failed because its node was lost too often. A loss that counts as a failed attempt, by
    /// <see cref="RetryPolicy.OnNodeLost"/>, is not among <see cref="NodeLosses"/>.
    /// </summary>
    public bool IsQuarantined => State == TaskState.Failed && Reason == EndReason.NodeLost && NodeLosses > 0;

    /// <summary>
    /// The latest attempt's lease token; kept after the attempt's end, because its output is filed under it.
    /// </summary>
    public LeaseToken Token { get; init; }

    /// <summary>The id of the latest attempt's node; null when there is none.</summary>
    public string? Node { get; init; }

    /// <summary>
    /// While assigned or running: the number of the node's session that has the attempt. It changes when the worker
    /// registers again and brings the attempt along. Means nothing in other states.
    /// </summary>
    public long NodeSession { get; init; }

    /// <summary>While scheduled: when the task becomes queued. Else 0.</summary>
    public long DueAt { get; init; }

    /// <summary>When the task last became queued; 0 when it never was.</summary>
    public long QueuedAt { get; init; }

    /// <summary>
    /// When the latest attempt started: when its dispatcher heard of the start, or, if it heard of the result only,
    /// that time less the run time. 0 when it heard of neither.
    /// </summary>
    public long StartedAt { get; init; }

    /// <summary>When the task ended; 0 while it is open.</summary>
    public long EndedAt { get; init; }

    /// <summary>
    /// When a cancel was requested; 0 when none was. A task that exits with code 0 in spite of the request succeeds and
    /// keeps this time. A retry by a user clears it.
    /// </summary>
    public long CancelRequestedAt { get; init; }

    /// <summary>
    /// The exit code of the latest attempt; null when it did not exit by itself, or when it is not known.
    /// </summary>
    public int? ExitCode { get; init; }

    /// <summary>
    /// The name of the signal that ended the latest attempt; null when none did, or when it is not known.
    /// </summary>
    public string? Signal { get; init; }

    /// <summary>
    /// Of an ended task: why it ended. Of a waiting task: why its latest attempt ended. <see cref="EndReason.None"/>
    /// while a node holds the task, and before the first attempt.
    /// </summary>
    public EndReason Reason { get; init; }
}
