namespace OrleansTasks.Storage;

/// <summary>What a worker names when it uses a join token. The first holder of a token is its only one.</summary>
/// <param name="KeyHash">SHA-256 of the key that is to be certified: 32 bytes.</param>
/// <param name="Node">The node's id.</param>
/// <param name="Instance">The instance (data folder) of the worker.</param>
public sealed record TokenHolder(ReadOnlyMemory<byte> KeyHash, string Node, string Instance)
{
    /// <summary>Whether key, node and instance are equal. The record's own equality does not compare the bytes of the hash.</summary>
    public bool Is(TokenHolder other) =>
        KeyHash.Span.SequenceEqual(other.KeyHash.Span) && Node == other.Node && Instance == other.Instance;
}
