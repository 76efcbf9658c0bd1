using OrleansTasks.Tasks;

namespace OrleansTasks.Storage;

/// <summary>
/// The finally failed tasks of one fingerprint. Reason, exit code, signal and tail are the newest task's. Queues are
/// those with the most (<see cref="FailureGroup.MostQueues"/>); tasks are the newest first
/// (<see cref="FailureGroup.MostTasks"/>). Times are Unix milliseconds.
/// </summary>
public sealed record StoredFailures(
    long Fingerprint,
    long Count,
    long FirstAt,
    long LastAt,
    EndReason Reason,
    int? ExitCode,
    string? Signal,
    ReadOnlyMemory<byte> Tail,
    ImmutableArray<string> Queues,
    ImmutableArray<TaskId> Tasks)
{
    /// <summary>How much the newest task wrote to each stream; null if unknown.</summary>
    public OutputSizes? Sizes { get; init; }
}
