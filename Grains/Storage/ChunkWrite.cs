using OrleansTasks.Jobs;

namespace OrleansTasks.Storage;

/// <summary>What a commit writes of one chunk: that it is there, or how it ended; exactly one of both is set.</summary>
/// <param name="JobNo">Its job's number in the partition.</param>
/// <param name="New">Set when it is new. One that is stored already stays as it is.</param>
/// <param name="Ended">Set when it has ended: its items are removed. Ignored when the chunk is not stored.</param>
/// <param name="Collected">With Ended: the chunk's results as lines, when its job collects them; else null.</param>
public readonly record struct ChunkWrite(long JobNo, ChunkPlan? New, EndedChunk? Ended, ReadOnlyMemory<byte>? Collected = null);
