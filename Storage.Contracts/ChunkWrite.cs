using OrleansTasks.Jobs;

namespace OrleansTasks.Storage;

/// <summary>Stores a new chunk or the end of one. Starts and retries of a chunk are not stored.</summary>
/// <param name="JobNo">The job's number in the queue.</param>
/// <param name="New">The new chunk, or null. Ignored if a chunk with this number is already stored.</param>
/// <param name="Ended">The end of a stored chunk, or null. Ending a chunk drops its items. A chunk ends once.</param>
/// <param name="Collected">
/// The ended chunk's collected results as lines, or null. Ignored if the chunk already has stored lines.
/// </param>
public readonly record struct ChunkWrite(long JobNo, ChunkPlan? New, EndedChunk? Ended, ReadOnlyMemory<byte>? Collected = null);
