namespace OrleansTasks.Storage;

/// <summary>
/// Where the stored chunks of a job end. A job grain that starts anew goes on cutting its source from here, unless the
/// stored progress is further (<see cref="IJobStore.LastChunk"/>).
/// </summary>
/// <param name="No">The largest number of a stored chunk.</param>
/// <param name="Next">
/// The place in the source after that chunk's last item, counted as the chunk counts places (a range: integers).
/// The next chunk begins there.
/// </param>
public readonly record struct ChunkEnd(long No, long Next);
