namespace OrleansTasks.Storage;

/// <summary>Where the stored chunks of a job end: planning goes on from there.</summary>
/// <param name="No">The largest stored chunk number.</param>
/// <param name="Next">The place in the source after that chunk's last item: where the next chunk begins.</param>
public readonly record struct ChunkEnd(long No, long Next);
