using OrleansTasks.Jobs;

namespace OrleansTasks.Storage;

/// <summary>Stores a new chunk or the end of one. Starts and retries of a chunk are not stored.</summary>
/// <param name="JobNo">The job's number in the queue.</param>
/// <param name="New">Null for an end. Ignored if a chunk with this number is already stored.</param>
/// <param name="Ended">Null for a new chunk. Drops the chunk's items. A stored chunk ends once.</param>
/// <param name="Collected">
/// Results of the ended chunk as lines, or null. Lines already stored for the chunk win.
/// </param>
public readonly record struct ChunkWrite(long JobNo, ChunkPlan? New, EndedChunk? Ended, ReadOnlyMemory<byte>? Collected = null);
