namespace OrleansTasks.Jobs;

/// <summary>
/// A stretch of a job's source: the items of a chunk, or of neighbouring chunks.
/// </summary>
/// <param name="First">Where it begins, as <see cref="ChunkPlan.First"/> states it.</param>
/// <param name="Length">How long it is: bytes of a file, items of any other source; 0 for a reduction.</param>
internal readonly record struct SourceSpan(long First, long Length);
