namespace OrleansTasks.Storage;

/// <summary>Who uses a join token. The first holder of a token is its only one.</summary>
/// <param name="KeyHash">SHA-256 of the key that is to be certified: 32 bytes.</param>
/// <param name="Node">The node's id.</param>
/// <param name="Instance">The node's instance.</param>
public sealed record TokenHolder(ReadOnlyMemory<byte> KeyHash, string Node, string Instance)
{
    /// <summary>Whether both are the same.</summary>
    public bool Is(TokenHolder other) =>
        KeyHash.Span.SequenceEqual(other.KeyHash.Span) && Node == other.Node && Instance == other.Instance;
}
