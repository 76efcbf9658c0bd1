using OrleansTasks.Jobs;
using OrleansTasks.Queues;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage;

/// <summary>A job as it is stored. Times are Unix milliseconds; 0 means not set.</summary>
/// <param name="No">Its number in its partition.</param>
/// <param name="Id">Its id.</param>
/// <param name="Partition">The partition that owns it.</param>
/// <param name="Name">For people.</param>
/// <param name="Labels">For finding it, by key.</param>
/// <param name="State">Its state.</param>
/// <param name="StartedAt">When its first chunk was given out.</param>
/// <param name="EndedAt">When it ended.</param>
/// <param name="CancelRequestedAt">When a cancel was asked for.</param>
/// <param name="IsClosed">Whether its stream takes no more items.</param>
/// <param name="Reason">Why it failed, a stable word; null when it did not.</param>
/// <param name="Spec">The JobSpec as submitted; empty where it was not asked for.</param>
/// <param name="Progress">
/// The fold so far, or which parts have it, in the job grain's own form; empty when nothing was stored, and where it was not asked for.
/// </param>
public sealed record JobRow(
    long No,
    TaskId Id,
    PartitionKey Partition,
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
    /// <summary>What a list needs of the spec, in the job grain's own form; empty for a job that an earlier version stored.</summary>
    public ReadOnlyMemory<byte> Head { get; init; }
}
