
namespace OrleansTasks.Dispatch.Lifecycle;

/// <summary>Whether a task that waits for others may start.</summary>
internal enum DependencyVerdict
{
    /// <summary>At least one parent has not ended, and every parent that has ended meets its condition.</summary>
    Waiting,

    /// <summary>All conditions are met.</summary>
    Free,

    /// <summary>A parent has ended without meeting its condition, even if others are open.</summary>
    Unsatisfiable,
}
