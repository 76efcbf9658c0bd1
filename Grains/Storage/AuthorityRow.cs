namespace OrleansTasks.Storage;

/// <summary>
/// The service's own certificate authority as <see cref="ITrustStore"/> keeps it: made once, and the same for all
/// silos. <see cref="Trust.CertificateAuthority"/> makes the row, and issues from it the certificates by which silos
/// and worker nodes know each other. When several silos make one at once, the store keeps the first.
/// </summary>
/// <param name="Certificate">The authority's own certificate, DER-encoded.</param>
/// <param name="Key">
/// The authority's private key, PKCS#8, not encrypted: anyone who can read it can certify silos and nodes.
/// </param>
/// <param name="CreatedAt">When the authority was made, in Unix milliseconds.</param>
public sealed record AuthorityRow(ReadOnlyMemory<byte> Certificate, ReadOnlyMemory<byte> Key, long CreatedAt);
