using OrleansTasks.Trust;

namespace OrleansTasks.Storage;

/// <summary>
/// The certificate authority, join tokens and node certificates. <see cref="INodeStore.Delete"/> revokes those of a
/// node. Times are Unix milliseconds; <c>at</c> is the current time. All methods throw
/// <see cref="StoreUnavailableException"/>; those that write also throw <see cref="OutcomeUnknownException"/>. Writes
/// can be repeated, except that <see cref="AddToken"/> throws if the hash is stored.
/// </summary>
public interface ITrustStore
{
    /// <summary>Returns the authority, or null before one is created.</summary>
    Task<AuthorityRow?> GetAuthority();

    /// <summary>
    /// Stores the authority unless one is stored. Returns the stored one, so concurrent silos get the same authority.
    /// </summary>
    Task<AuthorityRow> AddAuthority(AuthorityRow authority);

    /// <summary>
    /// Stores a token by the SHA-256 of its secret. From now on only tokens can give labels with its label keys, even
    /// after the token is gone. Deletes tokens that expired over a day ago; until then a refusal can name the
    /// expiry.
    /// </summary>
    Task AddToken(ReadOnlyMemory<byte> hash, TokenTerms terms, long at, long expiresAt);

    /// <summary>Returns whether an unexpired token, used or not, has this hash.</summary>
    Task<bool> HasToken(ReadOnlyMemory<byte> hash, long at);

    /// <summary>Returns the keys of fixed labels, which only join tokens can give.</summary>
    Task<ImmutableArray<string>> FixedLabels();

    /// <summary>
    /// Returns whether any worker could connect, which takes an unexpired certificate or an unexpired, unused token.
    /// </summary>
    Task<bool> HasUsableCredential(long at);

    /// <summary>
    /// Uses a token. Only its first holder can use it, and can repeat the use until the token expires, in case the
    /// answer was lost. Changes something only if the result is <see cref="TokenUse.Used"/>.
    /// </summary>
    Task<TokenVerdict> UseToken(ReadOnlyMemory<byte> hash, TokenHolder holder, long at);

    /// <summary>Stores a certificate and deletes those that expired over a day ago.</summary>
    /// <param name="certificate">The certificate.</param>
    /// <param name="grounds">What it was issued for: a token's hash or an earlier certificate's thumbprint.</param>
    /// <param name="at">The time.</param>
    /// <param name="apart">
    /// The minimum time, in milliseconds, between its expiry and that of every other certificate of its node and
    /// instance; 0 for no minimum.
    /// </param>
    Task<CertificateOutcome> AddCertificate(
        CertificateRow certificate, ReadOnlyMemory<byte> grounds, long at, long apart = 0);

    /// <summary>Returns a certificate, which may be expired; null if it is unknown, revoked or long expired.</summary>
    Task<CertificateRow?> FindCertificate(ReadOnlyMemory<byte> thumbprint);
}
