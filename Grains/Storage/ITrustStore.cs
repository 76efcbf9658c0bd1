using OrleansTasks.Trust;

namespace OrleansTasks.Storage;

/// <summary>
/// The service's certificate authority, join tokens and what it has certified. All methods throw
/// <see cref="StoreUnavailableException"/> on failure, and those that write throw <see cref="OutcomeUnknownException"/> when nobody can say
/// whether they have. Times are Unix milliseconds; <c>at</c> is now.
/// </summary>
public interface ITrustStore
{
    /// <summary>The authority; null when none was made yet.</summary>
    Task<AuthorityRow?> GetAuthority();

    /// <summary>
    /// Stores the authority, unless there is one already; returns the one that is stored then. Several silos may call it at once: all get
    /// the same one.
    /// </summary>
    Task<AuthorityRow> AddAuthority(AuthorityRow authority);

    /// <summary>
    /// Stores a join token by its hash (SHA-256 of its secret), and removes tokens that expired more than a day ago. The keys of its labels
    /// are fixed from now on, also when the token is gone.
    /// </summary>
    Task AddToken(ReadOnlyMemory<byte> hash, TokenTerms terms, long at, long expiresAt);

    /// <summary>Whether there is such a token, used or not, that has not expired.</summary>
    Task<bool> HasToken(ReadOnlyMemory<byte> hash, long at);

    /// <summary>The keys of the labels that only join tokens give.</summary>
    Task<ImmutableArray<string>> FixedLabels();

    /// <summary>Whether any worker could connect: there is an unused token or a certificate that has not expired.</summary>
    Task<bool> HasUsableCredential(long at);

    /// <summary>
    /// Uses a token for a holder. Its first holder can use it again until it expires, because the answer may have been lost; nobody else
    /// can.
    /// </summary>
    /// <param name="hash">The token's hash.</param>
    /// <param name="holder">Who uses it.</param>
    /// <param name="at">Now.</param>
    Task<TokenVerdict> UseToken(ReadOnlyMemory<byte> hash, TokenHolder holder, long at);

    /// <summary>
    /// Stores a node's certificate, and removes certificates that have long expired. Stores nothing and returns false when what it was
    /// given for is not stored any more: its node was forgotten meanwhile.
    /// </summary>
    /// <param name="certificate">The certificate.</param>
    /// <param name="grounds">What it was given for: the hash of a join token, or the thumbprint of the node's certificate before.</param>
    /// <param name="at">Now.</param>
    Task<bool> AddCertificate(CertificateRow certificate, ReadOnlyMemory<byte> grounds, long at);

    /// <summary>Finds a certificate that was stored and not revoked, though it may have expired; null when there is none.</summary>
    Task<CertificateRow?> FindCertificate(ReadOnlyMemory<byte> thumbprint);

    /// <summary>Revokes all certificates of a node for good, and removes the tokens that it has used. Repeating it is harmless.</summary>
    Task Revoke(string node);
}
