using OrleansTasks.Jobs;

namespace OrleansTasks.Storage;

/// <summary>
/// A stored chunk of a data job. The row is written when the chunk is cut and when it ends, and removed once the job's
/// stored progress includes its results or the job ends. After a restart, dispatchers rerun the open chunks.
/// </summary>
/// <param name="Plan">
/// Number, place and segment. The segment is empty for a range and after the end; <see cref="IJobStore.OpenPlans"/>
/// returns only its first <see cref="SegmentStart"/> bytes.
/// </param>
/// <param name="Ended">How the chunk ended; null while open.</param>
/// <param name="SegmentBytes">Size of the whole stored segment; 0 after the end.</param>
public sealed record ChunkRow(ChunkPlan Plan, EndedChunk? Ended, int SegmentBytes)
{
    /// <summary>Bytes of a segment in <see cref="IJobStore.OpenPlans"/>: enough to recognize a reduction.</summary>
    public const int SegmentStart = 64;
}
