namespace OrleansTasks.Storage;

/// <summary>
/// Where a job's stored chunks end (<see cref="IJobStore.LastChunk"/>): the largest chunk number, and the place where
/// the next chunk begins. The place is an integer of a range, a byte offset in a file, otherwise a count of items.
/// </summary>
public readonly record struct ChunkEnd(long No, long Next);
