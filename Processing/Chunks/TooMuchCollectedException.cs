namespace OrleansTasks.Processing.Chunks;

/// <summary>The results of one chunk are more than can be kept.</summary>
/// <param name="most">The maximum size, in bytes.</param>
public sealed class TooMuchCollectedException(int most) : Exception(
    $"The results of one chunk exceed {most} bytes, the maximum for collect. Give the job a smaller chunkSize.");
