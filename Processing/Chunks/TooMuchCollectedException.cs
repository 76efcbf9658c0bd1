namespace OrleansTasks.Processing.Chunks;

/// <summary>The results of one chunk are more than can be kept.</summary>
/// <param name="most">The maximum size, in bytes.</param>
public sealed class TooMuchCollectedException(int most) : Exception(
    $"The results of one chunk have more than {most} bytes, which collect does not keep. Make chunks smaller by chunkSize.");
