namespace OrleansTasks.Events;

/// <summary>What happened to a resource. Stored as a number: never renumber.</summary>
public enum ResourceState : byte
{
    /// <summary>It was made, or its settings were changed.</summary>
    Changed = 0,

    /// <summary>It was deleted.</summary>
    Deleted = 1,

    /// <summary>An occurrence of a schedule was started.</summary>
    Started = 2,

    /// <summary>An occurrence of a schedule was skipped.</summary>
    Skipped = 3,

    /// <summary>An occurrence of a schedule was missed, or several neighbouring ones.</summary>
    Missed = 4,

    /// <summary>A schedule was paused.</summary>
    Paused = 5,

    /// <summary>A schedule was resumed.</summary>
    Resumed = 6,

    /// <summary>A workflow was accepted or retried.</summary>
    Running = 7,

    /// <summary>A workflow has succeeded.</summary>
    Succeeded = 8,

    /// <summary>A workflow has failed.</summary>
    Failed = 9,

    /// <summary>A workflow that somebody cancelled has ended.</summary>
    Cancelled = 10,
}
