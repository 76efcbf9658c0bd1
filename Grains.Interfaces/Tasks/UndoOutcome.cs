namespace OrleansTasks.Tasks;

/// <summary>What undoing a cancel or a retry did to one task. Stored: numbers never change.</summary>
public enum UndoOutcome : byte
{
    /// <summary>Not decided: nobody has asked yet.</summary>
    Pending = 0,

    /// <summary>The task is as it was before.</summary>
    Undone = 1,

    /// <summary>Left: a node had the task when it was cancelled, or has had it since it was retried.</summary>
    Started = 2,

    /// <summary>Left: the task has changed since, by another request for example.</summary>
    Changed = 3,

    /// <summary>Left: other tasks waited for it, and its end has decided about them.</summary>
    Dependents = 4,

    /// <summary>Left: it is a node of a workflow, which has gone on.</summary>
    Workflow = 5,

    /// <summary>Left: its secrets were removed when it was cancelled.</summary>
    SecretsGone = 6,

    /// <summary>Left: its <c>expiresAt</c> has passed, so it would fail at once.</summary>
    Expired = 7,

    /// <summary>Left: the queue's depth limit is reached.</summary>
    QueueFull = 8,

    /// <summary>Left: it was cancelled or retried too long ago.</summary>
    TooLate = 9,

    /// <summary>Left: the task is not stored any more.</summary>
    Gone = 10,

    /// <summary>
    /// Left: its queue was deleted since, so what held it there, such as a pause, is gone, and it would run at once.
    /// </summary>
    QueueGone = 11,
}
