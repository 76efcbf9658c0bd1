namespace OrleansTasks.Tasks;

/// <summary>The outcome of undoing a cancel or retry for one task. The values are stored and must not change.</summary>
public enum UndoOutcome : byte
{
    /// <summary>Not decided, because no undo has been requested.</summary>
    Pending = 0,

    /// <summary>The task is back in its earlier state.</summary>
    Undone = 1,

    /// <summary>
    /// Left unchanged: a node had the task when it was cancelled, or has had it since it was retried.
    /// </summary>
    Started = 2,

    /// <summary>Left unchanged: the task has changed since, for example through another request.</summary>
    Changed = 3,

    /// <summary>Left unchanged: other tasks waited for the task, and its end decided about them.</summary>
    Dependents = 4,

    /// <summary>Left unchanged: the task is a node of a workflow that has continued.</summary>
    Workflow = 5,

    /// <summary>Left unchanged: the task's secrets were deleted when it was cancelled.</summary>
    SecretsGone = 6,

    /// <summary>Left unchanged: the task's <c>expiresAt</c> has passed, so it would fail at once.</summary>
    Expired = 7,

    /// <summary>Left unchanged: the queue's depth limit is reached.</summary>
    QueueFull = 8,

    /// <summary>Left unchanged: the cancel or retry is too old.</summary>
    TooLate = 9,

    /// <summary>Left unchanged: the task is no longer stored.</summary>
    Gone = 10,

    /// <summary>
    /// Left unchanged: the queue was deleted since. Settings that held the task, such as a pause, are gone, and it
    /// would run at once.
    /// </summary>
    QueueGone = 11,
}
