namespace OrleansTasks.Events;

/// <summary>What happened to a resource. Stored as a number: never renumber.</summary>
public enum ResourceState : byte
{
    /// <summary>The resource was created, or its settings were changed.</summary>
    Changed = 0,

    /// <summary>The resource was deleted.</summary>
    Deleted = 1,

    /// <summary>An occurrence of a schedule was started.</summary>
    Started = 2,

    /// <summary>An occurrence of a schedule was skipped.</summary>
    Skipped = 3,

    /// <summary>One or several consecutive occurrences of a schedule were missed.</summary>
    Missed = 4,

    /// <summary>A schedule was paused.</summary>
    Paused = 5,

    /// <summary>A schedule was resumed.</summary>
    Resumed = 6,

    /// <summary>A workflow was accepted or retried; a rollout was started, resumed or retried.</summary>
    Running = 7,

    /// <summary>A workflow or rollout succeeded.</summary>
    Succeeded = 8,

    /// <summary>A workflow or rollout failed.</summary>
    Failed = 9,

    /// <summary>A workflow or rollout ended after a caller cancelled it.</summary>
    Cancelled = 10,

    /// <summary>A rollout stopped because too many nodes failed.</summary>
    Halted = 11,

    /// <summary>What a schedule started has not ended in the expected time, or will not.</summary>
    Late = 12,
}
