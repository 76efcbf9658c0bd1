namespace OrleansTasks.Tasks;

/// <summary>Facts about task states and their names in the HTTP contract.</summary>
public static class TaskStates
{
    private static readonly string[] Names =
        ["scheduled", "queued", "assigned", "running", "succeeded", "failed", "cancelled"];

    /// <summary>Every state, in the order of a task's life.</summary>
    public static ImmutableArray<TaskState> All { get; } = [.. Enum.GetValues<TaskState>()];

    /// <summary>Whether the task has ended.</summary>
    public static bool IsFinal(this TaskState state) => state >= TaskState.Succeeded;

    /// <summary>Whether a node holds a lease on the task.</summary>
    public static bool IsLeased(this TaskState state) => state is TaskState.Assigned or TaskState.Running;

    /// <summary>The lower-case name that the HTTP contract uses; <c>unreadable</c> for a stored number that stands for none.</summary>
    public static string Name(this TaskState state) => (uint)state < (uint)Names.Length ? Names[(int)state] : "unreadable";

    /// <summary>Finds the state of a name; names are lower case.</summary>
    public static bool TryParse(string name, out TaskState state)
    {
        var index = Array.IndexOf(Names, name);
        state = (TaskState)Math.Max(index, 0);
        return index >= 0;
    }
}
