namespace OrleansTasks.Storage;

/// <summary>
/// The service's certificate authority, the same for all silos: DER certificate, unencrypted PKCS#8 key, Unix
/// milliseconds. Anyone who can read the key can certify silos and nodes.
/// </summary>
public sealed record AuthorityRow(ReadOnlyMemory<byte> Certificate, ReadOnlyMemory<byte> Key, long CreatedAt);
