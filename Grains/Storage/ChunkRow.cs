using OrleansTasks.Jobs;

namespace OrleansTasks.Storage;

/// <summary>A chunk as it is stored. The row goes when the job's stored progress covers the chunk, or when the job ends.</summary>
/// <param name="Plan">
/// Its boundaries and items. The segment is empty once the chunk has ended; <see cref="IJobStore.OpenPlans"/> gives only its start.
/// </param>
/// <param name="Ended">How it ended; null while it is open.</param>
/// <param name="SegmentBytes">How many bytes the store has of its segment; 0 once it has ended.</param>
public sealed record ChunkRow(ChunkPlan Plan, EndedChunk? Ended, int SegmentBytes)
{
    /// <summary>How many bytes <see cref="IJobStore.OpenPlans"/> reads of a segment: enough to tell what kind of chunk it is.</summary>
    public const int SegmentStart = 64;
}
