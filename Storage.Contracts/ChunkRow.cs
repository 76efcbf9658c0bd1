using OrleansTasks.Jobs;

namespace OrleansTasks.Storage;

/// <summary>
/// A stored chunk of a data job. The row is written when the chunk is cut and again when it ends. It is removed when
/// the job's stored progress includes its results, or when the job ends. After a restart, dispatchers rerun open
/// chunks.
/// </summary>
/// <param name="Plan">
/// The chunk's number, place and segment. The segment is empty for a range, and after the chunk has ended.
/// <see cref="IJobStore.OpenPlans"/> returns only its first <see cref="SegmentStart"/> bytes.
/// </param>
/// <param name="Ended">How the chunk ended; null while it is open.</param>
/// <param name="SegmentBytes">The size of the whole stored segment; 0 after the chunk has ended.</param>
public sealed record ChunkRow(ChunkPlan Plan, EndedChunk? Ended, int SegmentBytes)
{
    /// <summary>
    /// The segment bytes that <see cref="IJobStore.OpenPlans"/> returns: enough to recognize a reduction.
    /// </summary>
    public const int SegmentStart = 64;
}
