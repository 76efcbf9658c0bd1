namespace OrleansTasks.Tasks;

/// <summary>The values that lists of tasks are ordered by, and the orders' names in the HTTP contract.</summary>
public static class TaskSorts
{
    /// <summary>The value of a task that has none.</summary>
    public const long None = -1;

    /// <summary>All names, for messages.</summary>
    public const string AllNames = "-created, -ended, -took, -memory";

    private static readonly string[] Names = AllNames.Split(", ");

    /// <summary>Finds the order of a name.</summary>
    public static bool TryParse(string name, out TaskSort sort)
    {
        var index = Array.IndexOf(Names, name);
        sort = (TaskSort)Math.Max(index, 0);
        return index >= 0;
    }

    /// <summary>A task's value.</summary>
    public static long ValueOf(this TaskSort sort, TaskRecord task, long now) => sort.ValueOf(
        task.State, task.Id.CreatedAt, task.StartedAt ?? 0, task.EndedAt ?? 0, task.MaxRssBytes, now);

    /// <summary>A task's value, of what a store has; times are Unix milliseconds, 0 is none.</summary>
    /// <param name="sort">The order.</param>
    /// <param name="state">The task's state.</param>
    /// <param name="createdAt">When it was created.</param>
    /// <param name="startedAt">When its latest attempt started.</param>
    /// <param name="endedAt">When it ended.</param>
    /// <param name="memoryBytes">The most memory that its latest attempt used; 0 is unknown.</param>
    /// <param name="now">To what time running attempts are counted.</param>
    public static long ValueOf(
        this TaskSort sort, TaskState state, long createdAt, long startedAt, long endedAt, long memoryBytes, long now) => sort switch
        {
            TaskSort.Ended => state.IsFinal() && endedAt > 0 ? endedAt : None,
            TaskSort.Took => Took(state, startedAt, endedAt, now),
            TaskSort.Memory => memoryBytes > 0 ? memoryBytes : None,
            _ => createdAt,
        };

    /// <summary>How long the latest attempt ran, or has run by now, in milliseconds; <see cref="None"/> when it has not started.</summary>
    public static long Took(TaskState state, long startedAt, long endedAt, long now)
    {
        if (startedAt == 0 || (state != TaskState.Running && !state.IsFinal()))
            return None;
        return Math.Max(0, (state == TaskState.Running ? now : endedAt) - startedAt);
    }
}
