namespace OrleansTasks.Storage;

/// <summary>
/// Where the stored chunks of a job end (<see cref="IJobStore.LastChunk"/>). A job's grain that starts anew goes on
/// cutting the job's source from here, unless the job's saved progress says that the source was cut further.
/// </summary>
/// <param name="No">The largest number of a stored chunk.</param>
/// <param name="Next">
/// Where the next chunk begins: after that chunk's last item. An integer of a range, an offset in bytes of a file,
/// otherwise the number of items before it.
/// </param>
public readonly record struct ChunkEnd(long No, long Next);
