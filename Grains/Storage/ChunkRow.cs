using OrleansTasks.Jobs;

namespace OrleansTasks.Storage;

/// <summary>A chunk as it is stored.</summary>
/// <param name="Plan">Its boundaries; without the items once it has ended.</param>
/// <param name="Ended">How it ended; null while it is open.</param>
public sealed record ChunkRow(ChunkPlan Plan, EndedChunk? Ended);
