using OrleansTasks.Feed;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage;

/// <summary>
/// One commit of one partition: all or nothing, in one transaction. With empty lists it still proves the epoch and takes a sequence.
/// </summary>
/// <param name="Partition">The partition's number in the store.</param>
/// <param name="Epoch">The writer's epoch: fenced unless it is the stored one.</param>
/// <param name="Sequence">The sequence of the commit before: fenced unless it is the stored one. This commit stores the next.</param>
/// <param name="LastNo">The largest number given so far to a task or to a place in the order; stored for the next owner.</param>
/// <param name="At">Unix milliseconds of the commit.</param>
/// <param name="Writes">One entry a task that changed, however many transitions it made.</param>
/// <param name="Idempotency">Keys to remember for 24 hours; a key that is known already makes the store refuse the whole commit.</param>
/// <param name="Events">Every transition, in order; stored as one record under the new sequence, even when there is none.</param>
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
    /// <summary>What changed of jobs, in order.</summary>
    public IReadOnlyList<JobCommit> Jobs { get; init; } = [];

    /// <summary>Chunks that are new or have ended.</summary>
    public IReadOnlyList<ChunkWrite> Chunks { get; init; } = [];
}
