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

/// <summary>Properties of task states, and their names in the HTTP contract.</summary>
public static class TaskStates
{
    private static readonly string[] Names =
        ["scheduled", "queued", "assigned", "running", "succeeded", "failed", "cancelled"];

    /// <summary>Every state, in the order of a task's life.</summary>
    public static ImmutableArray<TaskState> All { get; } = [.. Enum.GetValues<TaskState>()];

    /// <summary>Returns whether the task has ended. The final states have the largest values.</summary>
    public static bool IsFinal(this TaskState state) => state >= TaskState.Succeeded;

    /// <summary>Returns whether a node holds a lease on the task.</summary>
    public static bool IsLeased(this TaskState state) => state is TaskState.Assigned or TaskState.Running;

    /// <summary>
    /// Returns the name in the HTTP contract; <c>unreadable</c> for a stored value that is not a known state.
    /// </summary>
    public static string Name(this TaskState state) => (uint)state < (uint)Names.Length ? Names[(int)state] : "unreadable";

    /// <summary>Parses a state's lower-case name.</summary>
    public static bool TryParse(string name, out TaskState state)
    {
        var index = Array.IndexOf(Names, name);
        state = (TaskState)Math.Max(index, 0);
        return index >= 0;
    }
}
