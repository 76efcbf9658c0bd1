using OrleansTasks.Trust;

namespace OrleansTasks.Storage;

/// <summary>
/// What the trust between the service and its workers rests on: the service's certificate authority, join tokens, and
/// the certificates of nodes. A worker joins with a join token, once, and gets a certificate, which it renews and shows
/// at each connection. Silos check tokens and certificates here; the trust grain and the command line add tokens; the
/// fleet grain revokes when it forgets a node.
/// </summary>
/// <remarks>
/// Times are Unix milliseconds; <c>at</c> is the present time. All methods throw
/// <see cref="StoreUnavailableException"/> when nothing could be read or written. Methods that write throw
/// <see cref="OutcomeUnknownException"/> when the store cannot tell whether the change was written; repeating the call
/// is harmless, except that <see cref="AddToken"/> throws when the hash is stored already.
/// </remarks>
public interface ITrustStore
{
    /// <summary>Returns the authority; null when none was made yet.</summary>
    Task<AuthorityRow?> GetAuthority();

    /// <summary>
    /// Stores the authority unless one is stored already, and returns the stored one. Several silos may call it at
    /// once: all of them get the same authority.
    /// </summary>
    Task<AuthorityRow> AddAuthority(AuthorityRow authority);

    /// <summary>
    /// Stores a join token. From now on only join tokens can give labels with the keys of this token's labels, even
    /// when the token is gone. Also deletes tokens that expired more than a day ago; younger ones stay, so that a
    /// worker can be told why its token is refused.
    /// </summary>
    /// <param name="hash">SHA-256 of the token's secret.</param>
    /// <param name="terms">Which nodes the token is for, and which labels it gives.</param>
    /// <param name="at">The present time.</param>
    /// <param name="expiresAt">When the token expires.</param>
    Task AddToken(ReadOnlyMemory<byte> hash, TokenTerms terms, long at, long expiresAt);

    /// <summary>Whether there is a token with this hash, used or not, that has not expired.</summary>
    Task<bool> HasToken(ReadOnlyMemory<byte> hash, long at);

    /// <summary>Returns the keys of the labels that only join tokens can give (fixed labels).</summary>
    Task<ImmutableArray<string>> FixedLabels();

    /// <summary>
    /// Whether any worker could connect: there is an unused token or a certificate, and it has not expired. The service
    /// checks this when it starts.
    /// </summary>
    Task<bool> HasUsableCredential(long at);

    /// <summary>
    /// Uses a token on behalf of a worker. The first holder alone can use it, and can repeat the use until the token
    /// expires, because the answer may have been lost. Nothing changes unless the verdict is
    /// <see cref="TokenUse.Used"/>.
    /// </summary>
    /// <param name="hash">The token's hash.</param>
    /// <param name="holder">The worker that uses the token.</param>
    /// <param name="at">The present time.</param>
    Task<TokenVerdict> UseToken(ReadOnlyMemory<byte> hash, TokenHolder holder, long at);

    /// <summary>
    /// Stores a new certificate of a node, and deletes certificates that expired more than a day ago. Stores nothing
    /// and returns false when <paramref name="grounds"/> are not stored any more: the node was forgotten in between,
    /// and the caller must not hand the certificate out.
    /// </summary>
    /// <param name="certificate">The certificate.</param>
    /// <param name="grounds">
    /// Why the node gets it: the hash of the join token that it used, or the thumbprint of its earlier certificate.
    /// </param>
    /// <param name="at">The present time.</param>
    Task<bool> AddCertificate(CertificateRow certificate, ReadOnlyMemory<byte> grounds, long at);

    /// <summary>
    /// Returns the certificate with this thumbprint; null when it was never stored, was revoked, or was deleted long
    /// after it expired. The certificate may have expired, which the caller checks.
    /// </summary>
    Task<CertificateRow?> FindCertificate(ReadOnlyMemory<byte> thumbprint);

    /// <summary>
    /// Deletes all certificates of a node, which revokes them, and the tokens that the node has used, so that none of
    /// them can give it a new certificate. Repeating it is harmless.
    /// </summary>
    Task Revoke(string node);
}
