namespace OrleansTasks.Worker.Chunks;

/// <summary>A chunk failed as a whole.</summary>
/// <param name="code">The cause as a stable code.</param>
/// <param name="message">The cause as a sentence.</param>
internal sealed class ChunkFailure(string code, string message) : Exception(message)
{
    /// <summary>The cause as a stable code.</summary>
    internal string Code => code;
}
