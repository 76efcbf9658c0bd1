using OrleansTasks.Tasks;

namespace OrleansTasks.Storage;

/// <summary>
/// A task's change in a <see cref="QueueCommit"/>. A task has one entry, however often it changes in the round; for
/// example, it may lose its node and be assigned again.
/// </summary>
public sealed class TaskWrite
{
    /// <summary>The changing columns after the commit.</summary>
    public required TaskRow Row { get; set; }

    /// <summary>
    /// The submission of a new task, whose spec, labels and secrets are stored. Null for a task that is already stored.
    /// </summary>
    public TaskSubmission? New { get; init; }

    /// <summary>The batch of a new task; null if it was submitted alone.</summary>
    public TaskId? Batch { get; init; }

    /// <summary>The node's report of an attempt that ended in this commit, or null.</summary>
    public AttemptResult? Result { get; set; }

    /// <summary>
    /// An attempt that ended while the task continues, or null. Ignored if the attempt is already stored.
    /// </summary>
    public EndedAttempt? Superseded { get; set; }

    /// <summary>
    /// Whether to remove the ended task's secrets. Those of a task that is new in this commit are never written.
    /// </summary>
    public bool DropSecrets { get; set; }

    /// <summary>
    /// The fingerprint if the task failed for good in this commit, or null. Stored until a retry or deletion.
    /// </summary>
    public long? Fingerprint { get; set; }

    /// <summary>Whether the end was already stored and counted, because the undo of a retry restores it.</summary>
    public bool IsOldEnd { get; set; }

    /// <summary>Whether to forget the stored fingerprint, because a user retried the task.</summary>
    public bool ForgetsFailure { get; set; }

    /// <summary>
    /// The memory in bytes that the next attempt reserves, because the last one ran out of it; 0 if that is as before.
    /// Only for a stored task whose resources have memory.
    /// </summary>
    public long ReservedMemory { get; set; }
}
