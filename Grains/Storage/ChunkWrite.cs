using OrleansTasks.Jobs;

namespace OrleansTasks.Storage;

/// <summary>
/// What a <see cref="PartitionCommit"/> writes of one chunk of a data job: either that the chunk exists, or how it
/// ended. Exactly one of <paramref name="New"/> and <paramref name="Ended"/> is set. The runs of a chunk are not
/// stored.
/// </summary>
/// <param name="JobNo">The number of the chunk's job in the partition.</param>
/// <param name="New">The chunk to store. Ignored when a chunk with this number is stored already.</param>
/// <param name="Ended">
/// How the chunk ended. The chunk's items are removed from the store. The caller ends a chunk once, and only a stored
/// one.
/// </param>
/// <param name="Collected">
/// With <paramref name="Ended"/>: the chunk's results as lines, if the job collects results; else null. Lines that are
/// stored for the chunk already stay as they are.
/// </param>
public readonly record struct ChunkWrite(long JobNo, ChunkPlan? New, EndedChunk? Ended, ReadOnlyMemory<byte>? Collected = null);
