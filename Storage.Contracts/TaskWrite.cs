using OrleansTasks.Tasks;

namespace OrleansTasks.Storage;

/// <summary>
/// A task in a <see cref="QueueCommit"/>: one entry, however often it changes in the round. It may lose its node and be
/// assigned anew.
/// </summary>
public sealed class TaskWrite
{
    /// <summary>The changing columns after the commit.</summary>
    public required TaskRow Row { get; set; }

    /// <summary>Set for a new task: stores spec, labels, secrets. If null, the task must be stored already.</summary>
    public TaskSubmission? New { get; init; }

    /// <summary>A new task's batch; null if submitted alone.</summary>
    public TaskId? Batch { get; init; }

    /// <summary>The node's report of an attempt that ended in this commit, or null.</summary>
    public AttemptResult? Result { get; set; }

    /// <summary>An attempt that ended while the task goes on, or null. Never overwrites a stored attempt.</summary>
    public EndedAttempt? Superseded { get; set; }

    /// <summary>Removes the ended task's secrets; those of a task new in this commit are never written.</summary>
    public bool DropSecrets { get; set; }

    /// <summary>The fingerprint if the task failed for good in this commit; stored until a retry or deletion.</summary>
    public long? Fingerprint { get; set; }

    /// <summary>Whether the end was stored and counted before: the undo of a retry restores it.</summary>
    public bool IsOldEnd { get; set; }

    /// <summary>Whether to forget the stored fingerprint, because a user retried the task.</summary>
    public bool ForgetsFailure { get; set; }
}
