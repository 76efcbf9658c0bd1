using OrleansTasks.Jobs;

namespace OrleansTasks.Storage;

/// <summary>A chunk as it is stored.</summary>
/// <param name="Plan">Its boundaries; without the items once it has ended, and with their first bytes alone where they were not asked for.</param>
/// <param name="Ended">How it ended; null while it is open.</param>
/// <param name="SegmentBytes">How many bytes its items have in the store.</param>
public sealed record ChunkRow(ChunkPlan Plan, EndedChunk? Ended, int SegmentBytes)
{
    /// <summary>How many bytes of a segment are read where it was not asked for: enough to tell what kind of chunk it is.</summary>
    public const int SegmentStart = 64;
}
