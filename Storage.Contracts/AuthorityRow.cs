namespace OrleansTasks.Storage;

/// <summary>
/// The service's certificate authority, shared by all silos: its DER certificate, its unencrypted PKCS#8 key, and its
/// creation time in Unix milliseconds. Anyone who can read the key can issue certificates for silos and nodes.
/// </summary>
public sealed record AuthorityRow(ReadOnlyMemory<byte> Certificate, ReadOnlyMemory<byte> Key, long CreatedAt);
