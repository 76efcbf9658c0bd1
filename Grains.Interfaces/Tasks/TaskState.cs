namespace OrleansTasks.Tasks;

/// <summary>The state of a task; a task is in exactly one. The numbers are stored and must not change.</summary>
public enum TaskState : byte
{
    /// <summary>Waits for its time or for a retry's backoff.</summary>
    Scheduled = 0,

    /// <summary>Ready; waits for a slot.</summary>
    Queued = 1,

    /// <summary>Sent to a node, not yet confirmed by it.</summary>
    Assigned = 2,

    /// <summary>Confirmed by its node.</summary>
    Running = 3,

    /// <summary>Ended with exit code 0. Final.</summary>
    Succeeded = 4,

    /// <summary>Ended otherwise, with no attempt left. Final, except for a retry.</summary>
    Failed = 5,

    /// <summary>Cancelled. Final, except for a retry.</summary>
    Cancelled = 6,
}
