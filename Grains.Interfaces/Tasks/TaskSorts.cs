namespace OrleansTasks.Tasks;

/// <summary>The values by which lists of tasks are ordered, and the names of the orders in the HTTP contract.</summary>
public static class TaskSorts
{
    /// <summary>The value of a task that has none for the order.</summary>
    public const long None = -1;

    /// <summary>All names, for messages.</summary>
    public const string AllNames = "-created, -ended, -took, -memory";

    private static readonly string[] Names = AllNames.Split(", ");

    /// <summary>Parses the name of an order.</summary>
    public static bool TryParse(string name, out TaskSort sort)
    {
        var index = Array.IndexOf(Names, name);
        sort = (TaskSort)Math.Max(index, 0);
        return index >= 0;
    }

    /// <summary>Returns a task's value; <paramref name="now"/> is in Unix milliseconds.</summary>
    public static long ValueOf(this TaskSort sort, TaskRecord task, long now) => sort.ValueOf(
        task.State, task.Id.CreatedAt, task.StartedAt ?? 0, task.EndedAt ?? 0, task.MaxRssBytes, now);

    /// <summary>Returns a task's value from stored columns. Times are in Unix milliseconds; 0 means none.</summary>
    /// <param name="sort">The order.</param>
    /// <param name="state">The task's state.</param>
    /// <param name="createdAt">When the task was created.</param>
    /// <param name="startedAt">When the latest attempt started.</param>
    /// <param name="endedAt">When the task ended.</param>
    /// <param name="memoryBytes">The peak memory of the latest attempt in bytes; 0 if unknown.</param>
    /// <param name="now">The time up to which running attempts are measured.</param>
    public static long ValueOf(
        this TaskSort sort, TaskState state, long createdAt, long startedAt, long endedAt, long memoryBytes, long now) => sort switch
        {
            TaskSort.Ended => state.IsFinal() && endedAt > 0 ? endedAt : None,
            TaskSort.Took => Took(state, startedAt, endedAt, now),
            TaskSort.Memory => memoryBytes > 0 ? memoryBytes : None,
            _ => createdAt,
        };

    /// <summary>
    /// Returns how long the latest attempt ran, or has run so far, in milliseconds; <see cref="None"/> if not started.
    /// </summary>
    public static long Took(TaskState state, long startedAt, long endedAt, long now)
    {
        if (startedAt == 0 || (state != TaskState.Running && !state.IsFinal()))
            return None;
        return Math.Max(0, (state == TaskState.Running ? now : endedAt) - startedAt);
    }
}
