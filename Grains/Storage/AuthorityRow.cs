namespace OrleansTasks.Storage;

/// <summary>
/// The service's own certificate authority as <see cref="ITrustStore"/> keeps it: made once, the same for all silos.
/// It certifies silos and worker nodes, so that each side knows the other.
/// </summary>
/// <param name="Certificate">The authority's own certificate, DER-encoded.</param>
/// <param name="Key">
/// The authority's private key, PKCS#8, not encrypted: anyone who can read it can certify nodes.
/// </param>
/// <param name="CreatedAt">When the authority was made, in Unix milliseconds.</param>
public sealed record AuthorityRow(ReadOnlyMemory<byte> Certificate, ReadOnlyMemory<byte> Key, long CreatedAt);
