namespace OrleansTasks.Storage;

/// <summary>
/// The worker that uses a join token, identified by the SHA-256 of its public key, its node and its data folder. Only
/// the first holder may use a token; it may do so again if the answer was lost.
/// </summary>
public sealed record TokenHolder(ReadOnlyMemory<byte> KeyHash, string Node, string Instance)
{
    /// <summary>
    /// Returns whether both are the same worker. The record's <c>==</c> would not compare the bytes of the hash.
    /// </summary>
    public bool Is(TokenHolder other) =>
        KeyHash.Span.SequenceEqual(other.KeyHash.Span) && Node == other.Node && Instance == other.Instance;
}
