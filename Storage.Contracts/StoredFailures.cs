using OrleansTasks.Tasks;

namespace OrleansTasks.Storage;

/// <summary>
/// The failed tasks that share one fingerprint. Reason, exit code, signal and tail are those of the newest task.
/// <c>Queues</c> are the queues with the most such tasks, up to <see cref="FailureGroup.MostQueues"/>. <c>Tasks</c> are
/// the newest ones, newest first, up to <see cref="FailureGroup.MostTasks"/>. Times are Unix milliseconds.
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
