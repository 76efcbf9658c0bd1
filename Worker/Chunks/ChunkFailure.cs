namespace OrleansTasks.Worker.Chunks;

/// <summary>A chunk failed as a whole.</summary>
/// <param name="code">Why, a stable word.</param>
/// <param name="message">Why, in words.</param>
internal sealed class ChunkFailure(string code, string message) : Exception(message)
{
    /// <summary>Why, a stable word.</summary>
    internal string Code => code;
}
