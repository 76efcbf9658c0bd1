using OrleansTasks.Tasks;
using OrleansTasks.Tasks.Failures;

namespace OrleansTasks.Storage;

/// <summary>
/// The finally failed tasks of one fingerprint, as the store has them. Times are Unix milliseconds.
/// </summary>
/// <param name="Fingerprint">What they share.</param>
/// <param name="Count">How many they are.</param>
/// <param name="FirstAt">When the first of them failed.</param>
/// <param name="LastAt">When the last of them failed.</param>
/// <param name="Reason">Why the newest one failed.</param>
/// <param name="ExitCode">Its exit code, or null.</param>
/// <param name="Signal">The signal that ended it, or null.</param>
/// <param name="Tail">The end of its output in UTF-8.</param>
/// <param name="Queues">The queues with most of them, at most <see cref="FailureGroup.MostQueues"/>.</param>
/// <param name="Tasks">The newest of them, newest first, at most <see cref="FailureGroup.MostTasks"/>.</param>
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
    /// <summary>How much each of the newest one's streams wrote; null when that is not known.</summary>
    public OutputSizes? Sizes { get; init; }
}
