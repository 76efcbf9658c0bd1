namespace OrleansTasks.Storage;

/// <summary>Where a job's planning has got to.</summary>
/// <param name="No">The last chunk's number.</param>
/// <param name="Next">The place after its last item.</param>
public readonly record struct ChunkEnd(long No, long Next);
