using OrleansTasks.Jobs;

namespace OrleansTasks.Storage;

/// <summary>
/// A chunk of a data job as it is stored: some items of the job's source that one worker processes at once. The row is
/// written when the chunk is cut and again when the chunk ends. It is removed when the job's stored progress includes
/// the chunk's results, or when the job ends. After a restart, a dispatcher runs the open chunks again, and the job's
/// grain restores the job from all chunks.
/// </summary>
/// <param name="Plan">
/// The chunk's number, its place in the source, and its segment: the bytes that it carries, usually its items as lines.
/// The segment is empty for a range and once the chunk has ended; <see cref="IJobStore.OpenPlans"/> gives only its
/// first <see cref="SegmentStart"/> bytes.
/// </param>
/// <param name="Ended">How the chunk ended; null while the chunk is open.</param>
/// <param name="SegmentBytes">The size of the whole stored segment, in bytes; 0 once the chunk has ended.</param>
public sealed record ChunkRow(ChunkPlan Plan, EndedChunk? Ended, int SegmentBytes)
{
    /// <summary>
    /// How many bytes of a segment <see cref="IJobStore.OpenPlans"/> reads at most. They suffice to recognize a
    /// reduction, a chunk without items that combines results of other chunks: its segment begins with a mark and the
    /// aggregate's number.
    /// </summary>
    public const int SegmentStart = 64;
}
