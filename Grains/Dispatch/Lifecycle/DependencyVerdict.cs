
namespace OrleansTasks.Dispatch.Lifecycle;

/// <summary>How a task stands that waits for others.</summary>
internal enum DependencyVerdict
{
    /// <summary>A task that it waits for has not ended, and every one that has ended meets its condition.</summary>
    Waiting,

    /// <summary>All conditions are met.</summary>
    Free,

    /// <summary>A task has ended in another way than its condition asks for. Holds also while others are open.</summary>
    Unsatisfiable,
}
