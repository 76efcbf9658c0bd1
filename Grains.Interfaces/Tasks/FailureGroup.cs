namespace OrleansTasks.Tasks;

/// <summary>The failed tasks with one fingerprint. Times are in Unix milliseconds.</summary>
/// <param name="Fingerprint">The fingerprint that the tasks share.</param>
/// <param name="Count">The number of tasks.</param>
/// <param name="Reason">Why the tasks failed.</param>
/// <param name="ExitCode">The exit code; null if the tasks did not exit.</param>
/// <param name="Signal">The signal that ended the tasks, or null.</param>
/// <param name="Sample">A sample of the tasks' output, without numbers, ids and times.</param>
/// <param name="FirstAt">When the first task failed.</param>
/// <param name="LastAt">When the last task failed.</param>
/// <param name="Queues">The queues with the most of these tasks, at most <see cref="MostQueues"/>.</param>
/// <param name="Tasks">The newest tasks, newest first, at most <see cref="MostTasks"/>.</param>
[GenerateSerializer, Immutable, Alias("ot.FailureGroup")]
public sealed record FailureGroup(
    [property: Id(0)] long Fingerprint,
    [property: Id(1)] long Count,
    [property: Id(2)] EndReason Reason,
    [property: Id(3)] int? ExitCode,
    [property: Id(4)] string? Signal,
    [property: Id(5)] string Sample,
    [property: Id(6)] long FirstAt,
    [property: Id(7)] long LastAt,
    [property: Id(8)] ImmutableArray<string> Queues,
    [property: Id(9)] ImmutableArray<TaskId> Tasks)
{
    /// <summary>Maximum number of queues that a group names.</summary>
    public const int MostQueues = 5;

    /// <summary>Maximum number of tasks that a group names.</summary>
    public const int MostTasks = 3;
}
