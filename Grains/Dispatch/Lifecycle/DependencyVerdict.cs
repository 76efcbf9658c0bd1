namespace OrleansTasks.Dispatch.Lifecycle;

/// <summary>Whether a task that waits for others may start.</summary>
internal enum DependencyVerdict
{
    /// <summary>
    /// At least one parent is not known to have ended, and every parent that has ended meets its condition.
    /// </summary>
    Waiting,

    /// <summary>All conditions are met: the task is released.</summary>
    Free,

    /// <summary>
    /// A parent has ended without meeting its condition: the task is skipped, even if other parents are open.
    /// </summary>
    Unsatisfiable,
}
