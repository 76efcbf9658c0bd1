namespace OrleansTasks.Jobs.Insight;

/// <summary>
/// A stretch of a job's source. First is a <see cref="ChunkPlan.First"/>; the length is in bytes for a file, otherwise
/// in items, and 0 for a reduction.
/// </summary>
internal readonly record struct SourceSpan(long First, long Length);
