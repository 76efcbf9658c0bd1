namespace OrleansTasks.Storage;

/// <summary>The certificate authority as it is stored.</summary>
/// <param name="Certificate">Its certificate, DER.</param>
/// <param name="Key">Its private key, PKCS#8, not encrypted: anyone who has it can certify nodes.</param>
/// <param name="CreatedAt">When it was made, in Unix milliseconds.</param>
public sealed record AuthorityRow(ReadOnlyMemory<byte> Certificate, ReadOnlyMemory<byte> Key, long CreatedAt);
