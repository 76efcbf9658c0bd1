namespace OrleansTasks.Storage;

/// <summary>
/// The service's certificate authority, join tokens and what it has certified. All methods throw <see
/// cref="StoreUnavailableException"/> on failure.
/// </summary>
public interface ITrustStore
{
    /// <summary>The authority; null when none was made yet.</summary>
    Task<AuthorityRow?> GetAuthority();

    /// <summary>Stores the authority, unless there is one already; returns the one that is stored then.</summary>
    Task<AuthorityRow> AddAuthority(AuthorityRow authority);

    /// <summary>Stores a join token by its hash, and removes those that have long expired.</summary>
    Task AddToken(ReadOnlyMemory<byte> hash, long at, long expiresAt);

    /// <summary>Whether anybody could be let in: a token can still be used, or a certificate counts.</summary>
    Task<bool> LetsAnyIn(long at);

    /// <summary>
    /// Uses a token for a key, once: later only for the same key, by a worker that missed the answer.
    /// </summary>
    /// <param name="hash">The token's hash.</param>
    /// <param name="key">The hash of the key that is to be certified.</param>
    /// <param name="at">Now.</param>
    Task<TokenUse> UseToken(ReadOnlyMemory<byte> hash, ReadOnlyMemory<byte> key, long at);

    /// <summary>Notes a node's certificate, and removes those that have long expired.</summary>
    Task AddCertificate(CertificateRow certificate, long at);

    /// <summary>Finds a certificate that was noted and not revoked; null when there is none.</summary>
    Task<CertificateRow?> FindCertificate(ReadOnlyMemory<byte> thumbprint);

    /// <summary>Revokes all certificates of a node.</summary>
    Task Revoke(string node);
}
