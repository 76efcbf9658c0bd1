namespace OrleansTasks.Tasks;

/// <summary>The state of a task. The values are stored and must not change.</summary>
public enum TaskState : byte
{
    /// <summary>The task waits for its time, for other tasks, or for a retry's backoff.</summary>
    Scheduled = 0,

    /// <summary>The task is ready and waits for a slot.</summary>
    Queued = 1,

    /// <summary>The task was sent to a node, which has not confirmed the start.</summary>
    Assigned = 2,

    /// <summary>The node confirmed the start.</summary>
    Running = 3,

    /// <summary>The task ended with exit code 0. Final.</summary>
    Succeeded = 4,

    /// <summary>The task failed and has no attempt left. Final, except for a retry.</summary>
    Failed = 5,

    /// <summary>The task was cancelled. Final, except for a retry.</summary>
    Cancelled = 6,
}
