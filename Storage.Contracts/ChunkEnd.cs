namespace OrleansTasks.Storage;

/// <summary>
/// The end of a job's stored chunks (<see cref="IJobStore.LastChunk"/>): the largest chunk number, and the place where
/// the next chunk begins. The place is a value of a range, a byte offset in a file, or otherwise an item count.
/// </summary>
public readonly record struct ChunkEnd(long No, long Next);
