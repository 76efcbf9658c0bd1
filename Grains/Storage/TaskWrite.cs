using OrleansTasks.Tasks;

namespace OrleansTasks.Storage;

/// <summary>
/// What a <see cref="QueueCommit"/> writes of one task. A dispatcher makes it at the first change of the task in a
/// round of its loop and updates it at each further change, so a commit has at most one for a task. For example, a task
/// can lose its node and be assigned to another one in the same round: <see cref="Row"/> then describes the new
/// attempt, and <see cref="Superseded"/> the lost one.
/// </summary>
public sealed class TaskWrite
{
    /// <summary>The task's changing columns, as they are after the commit.</summary>
    public required TaskRow Row { get; set; }

    /// <summary>
    /// Set when the task is new: its unchanging columns, spec and labels are written, too, and its secrets unless
    /// <see cref="DropSecrets"/> is set. When null, the task must be stored, or the store refuses the commit.
    /// </summary>
    public TaskSubmission? New { get; init; }

    /// <summary>
    /// The batch that a new task was submitted in; null when it was submitted alone. Ignored for other tasks.
    /// </summary>
    public TaskId? Batch { get; init; }

    /// <summary>
    /// What the node reported of an attempt that ended in this commit, with the attempt's output and figures (processor
    /// time, memory). Null when no attempt ended, or when the node did not report.
    /// </summary>
    public AttemptResult? Result { get; set; }

    /// <summary>
    /// An attempt that ended while the task goes on, to be stored beside the row, which the next attempt will
    /// overwrite. An attempt with this number that is stored already stays as it is. Null when there is none.
    /// </summary>
    public EndedAttempt? Superseded { get; set; }

    /// <summary>
    /// Whether the task's secrets are removed, because the task ended. The secrets of a task that is new in this commit
    /// are then never written.
    /// </summary>
    public bool DropSecrets { get; set; }

    /// <summary>
    /// The fingerprint of the task's failure, when the task has failed for good in this commit; else null. It is stored
    /// until the task is retried or deleted.
    /// </summary>
    public long? Fingerprint { get; set; }

    /// <summary>
    /// Whether the task's end is one that was stored and counted before, which the undo of a retry gives it again.
    /// </summary>
    public bool IsOldEnd { get; set; }

    /// <summary>Whether the stored fingerprint is forgotten, because a user has retried the task.</summary>
    public bool ForgetsFailure { get; set; }
}
