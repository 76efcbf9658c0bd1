using OrleansTasks.Jobs;

namespace OrleansTasks.Storage;

/// <summary>
/// One chunk of a data job (some of the job's items, which one worker processes at once) in a
/// <see cref="QueueCommit"/>: either a new chunk or the end of a chunk. Exactly one of <paramref name="New"/> and
/// <paramref name="Ended"/> is set. The dispatcher adds it and the stores apply it. Nothing is written in between:
/// starts and retries of a chunk are not stored.
/// </summary>
/// <param name="JobNo">The number of the chunk's job in the queue.</param>
/// <param name="New">The chunk to store. Ignored when a chunk with this number is stored already.</param>
/// <param name="Ended">
/// How the chunk ended. The store removes the chunk's items. The caller ends a chunk once, and only a stored one.
/// </param>
/// <param name="Collected">
/// With <paramref name="Ended"/>: the chunk's results as lines, if the job collects results; null when there are none.
/// If the store has lines of the chunk already, they stay and these are ignored.
/// </param>
public readonly record struct ChunkWrite(long JobNo, ChunkPlan? New, EndedChunk? Ended, ReadOnlyMemory<byte>? Collected = null);
