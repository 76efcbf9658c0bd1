using OrleansTasks.Trust;

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

    /// <summary>
    /// Stores a join token by its hash, and removes tokens that have long expired. The keys of its labels are fixed from
    /// now on, also when the token is gone.
    /// </summary>
    Task AddToken(ReadOnlyMemory<byte> hash, TokenTerms terms, long at, long expiresAt);

    /// <summary>Whether there is such a token, used or not, that has not expired.</summary>
    Task<bool> HasToken(ReadOnlyMemory<byte> hash, long at);

    /// <summary>The keys of the labels that only join tokens give.</summary>
    Task<ImmutableArray<string>> FixedLabels();

    /// <summary>Whether any worker could connect: there is an unused token or a certificate that has not expired.</summary>
    Task<bool> HasUsableCredential(long at);

    /// <summary>
    /// Uses a token for a holder. Its first holder can use it again, because the answer may have been lost; nobody else
    /// can.
    /// </summary>
    /// <param name="hash">The token's hash.</param>
    /// <param name="holder">Who uses it.</param>
    /// <param name="at">Now.</param>
    Task<TokenVerdict> UseToken(ReadOnlyMemory<byte> hash, TokenHolder holder, long at);

    /// <summary>Stores a node's certificate, and removes certificates that have long expired.</summary>
    Task AddCertificate(CertificateRow certificate, long at);

    /// <summary>Finds a certificate that was noted and not revoked; null when there is none.</summary>
    Task<CertificateRow?> FindCertificate(ReadOnlyMemory<byte> thumbprint);

    /// <summary>Revokes all certificates of a node, and removes the tokens that it has used.</summary>
    Task Revoke(string node);
}
