using OrleansTasks.Tasks;

namespace OrleansTasks.Storage;

/// <summary>What a commit writes of one task.</summary>
public sealed class TaskWrite
{
    /// <summary>The task's changing columns, as they stand after the commit.</summary>
    public required TaskRow Row { get; set; }

    /// <summary>Set when the task is new: its other columns, spec, labels and secrets are written too.</summary>
    public TaskSubmission? New { get; init; }

    /// <summary>The batch a new task came with.</summary>
    public TaskId? Batch { get; init; }

    /// <summary>The attempt that ended in this commit, if one did and has a result: its output and figures are written.</summary>
    public AttemptResult? Result { get; set; }

    /// <summary>
    /// An attempt that the task has left behind because it waits for another one: written to <c>attempts</c> now. An attempt
    /// that has no such row is described by the task's own row. An attempt that is there already stays as it is.
    /// </summary>
    public EndedAttempt? Superseded { get; set; }

    /// <summary>Whether the task's secrets are to be removed.</summary>
    public bool DropSecrets { get; set; }
}
