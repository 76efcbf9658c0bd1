namespace OrleansTasks.Storage;

/// <summary>
/// A worker that uses a join token, which lets one worker join the service and get a certificate. The store keeps the
/// first holder of a token and compares later ones with it (<see cref="ITrustStore.UseToken"/>): the same worker can
/// repeat the use, because the answer may have been lost, and any other worker is refused.
/// </summary>
/// <param name="KeyHash">SHA-256 of the public key that is to be certified: 32 bytes.</param>
/// <param name="Node">The node's id.</param>
/// <param name="Instance">The worker's instance: the id of its data folder.</param>
public sealed record TokenHolder(ReadOnlyMemory<byte> KeyHash, string Node, string Instance)
{
    /// <summary>
    /// Whether both are the same worker: key hash, node and instance are equal. Use this, not <c>==</c>: the record's
    /// own equality compares where the hash is in memory, not its bytes.
    /// </summary>
    public bool Is(TokenHolder other) =>
        KeyHash.Span.SequenceEqual(other.KeyHash.Span) && Node == other.Node && Instance == other.Instance;
}
