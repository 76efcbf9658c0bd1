using OrleansTasks.Tasks;

namespace OrleansTasks.Storage;

/// <summary>What a commit writes of one task. A commit has one of these for a task at most: later changes of a round are merged into it.</summary>
public sealed class TaskWrite
{
    /// <summary>The task's changing columns, as they are after the commit.</summary>
    public required TaskRow Row { get; set; }

    /// <summary>
    /// Set when the task is new: its unchanging columns, its spec and labels are written too, and its secrets unless
    /// <see cref="DropSecrets"/> is set.
    /// </summary>
    public TaskSubmission? New { get; init; }

    /// <summary>The batch that a new task was submitted in.</summary>
    public TaskId? Batch { get; init; }

    /// <summary>What the node reported of the attempt that ended in this commit, if it did: its output and figures are written.</summary>
    public AttemptResult? Result { get; set; }

    /// <summary>
    /// The attempt that ended and that the task's own row describes no longer, because the task waits for its next attempt: written to
    /// <c>attempts</c>. An attempt that is there already stays as it is.
    /// </summary>
    public EndedAttempt? Superseded { get; set; }

    /// <summary>Whether the task's secrets are removed; those of a new task are then never written.</summary>
    public bool DropSecrets { get; set; }
}
