namespace OrleansTasks.Processing.Chunks;

/// <summary>The results of one chunk are too many to be kept.</summary>
/// <param name="most">The most bytes that are.</param>
public sealed class TooMuchCollectedException(int most) : Exception(
    $"The results of one chunk have more than {most} bytes, which collect does not keep. Make chunks smaller by chunkSize.");
