namespace OrleansTasks.Jobs;

/// <summary>What a job keeps of a chunk that was folded, for people who look for slow chunks.</summary>
/// <param name="No">The chunk's number.</param>
/// <param name="Span">Its place in the source.</param>
/// <param name="Items">The items that were processed, skipped ones included; 0 when the chunk failed.</param>
/// <param name="Node">The node of the attempt that ended it; empty when not known.</param>
/// <param name="Attempt">That attempt.</param>
/// <param name="Micros">How long the attempt took there, in microseconds.</param>
/// <param name="At">When it ended, in Unix milliseconds.</param>
/// <param name="HasFailed">Whether it failed.</param>
internal readonly record struct FoldedChunk(
    long No, SourceSpan Span, long Items, string Node, int Attempt, long Micros, long At, bool HasFailed);
