using OrleansTasks.Feed;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage;

/// <summary>One commit of one partition: all or nothing, in one transaction.</summary>
/// <param name="Partition">The partition's number in the store.</param>
/// <param name="Epoch">The epoch that must be stored.</param>
/// <param name="Sequence">The sequence that must be stored; the commit stores the next.</param>
/// <param name="LastNo">The largest number given so far to a task or to a place in the order; stored for the next owner.</param>
/// <param name="At">Unix milliseconds of the commit.</param>
/// <param name="Writes">One entry a task that changed, however many transitions it made.</param>
/// <param name="Idempotency">Keys to remember; a key that is known already fails the whole commit.</param>
/// <param name="Events">Every transition, in order; stored as one record under the new sequence.</param>
public sealed record PartitionCommit(
    int Partition,
    long Epoch,
    long Sequence,
    long LastNo,
    long At,
    IReadOnlyList<TaskWrite> Writes,
    IReadOnlyList<IdempotencyEntry> Idempotency,
    IReadOnlyList<FeedEntry> Events)
{
    /// <summary>One entry a job that changed.</summary>
    public IReadOnlyList<JobCommit> Jobs { get; init; } = [];

    /// <summary>Chunks that are new or have ended.</summary>
    public IReadOnlyList<ChunkWrite> Chunks { get; init; } = [];
}
