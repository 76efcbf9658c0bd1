namespace OrleansTasks.Tasks;

/// <summary>Finally failed tasks of one fingerprint. Times are Unix milliseconds.</summary>
/// <param name="Fingerprint">What they share.</param>
/// <param name="Count">How many they are.</param>
/// <param name="Reason">Why they failed.</param>
/// <param name="ExitCode">The exit code, if they exited.</param>
/// <param name="Signal">The signal that ended them, or null.</param>
/// <param name="Sample">What their output says, without numbers, ids and times.</param>
/// <param name="FirstAt">When the first of them failed.</param>
/// <param name="LastAt">When the last of them failed.</param>
/// <param name="Queues">The queues with most of them, at most <see cref="MostQueues"/>.</param>
/// <param name="Tasks">The newest of them, newest first, at most <see cref="MostTasks"/>.</param>
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
    /// <summary>The most queues that a group names.</summary>
    public const int MostQueues = 5;

    /// <summary>The most tasks that a group names.</summary>
    public const int MostTasks = 3;
}
