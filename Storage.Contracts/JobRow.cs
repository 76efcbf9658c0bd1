using OrleansTasks.Jobs;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage;

/// <summary>
/// A data job without its chunks. Most reads leave spec and progress empty (<see cref="IJobStore"/>). Labels are
/// sorted. Times are Unix milliseconds, 0 if not set; the job starts when its first chunk is cut. <c>IsClosed</c> means
/// that the stream or source command has ended. <c>Reason</c> is a stable word, or null. <c>Progress</c> is in the
/// grain's format, or refers to its parts (<see cref="IJobStore.PutPart"/>).
/// </summary>
public sealed record JobRow(
    long No,
    TaskId Id,
    string Queue,
    string Name,
    ImmutableArray<Label> Labels,
    JobState State,
    long StartedAt,
    long EndedAt,
    long CancelRequestedAt,
    bool IsClosed,
    string? Reason,
    ReadOnlyMemory<byte> Spec,
    ReadOnlyMemory<byte> Progress)
{
    /// <summary>The parts of the spec that a list shows, in the grain's format. Every read returns it.</summary>
    public ReadOnlyMemory<byte> Head { get; init; }
}
