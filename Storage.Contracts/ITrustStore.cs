using OrleansTasks.Trust;

namespace OrleansTasks.Storage;

/// <summary>
/// The certificate authority, join tokens and node certificates. Times are Unix milliseconds; <c>at</c> is the present.
/// Methods throw <see cref="StoreUnavailableException"/>; those that write also <see cref="OutcomeUnknownException"/>.
/// Repeating a write is harmless, except that <see cref="AddToken"/> throws if the hash is stored.
/// </summary>
public interface ITrustStore
{
    /// <summary>Returns the authority, or null if none was created yet.</summary>
    Task<AuthorityRow?> GetAuthority();

    /// <summary>Stores the authority unless there is one; returns the stored one, the same to racing silos.</summary>
    Task<AuthorityRow> AddAuthority(AuthorityRow authority);

    /// <summary>
    /// Stores a token by the SHA-256 of its secret. From now on only tokens give labels with its label keys, even once
    /// it is gone. Deletes tokens that expired over a day ago; until then a worker is told of the expiry.
    /// </summary>
    Task AddToken(ReadOnlyMemory<byte> hash, TokenTerms terms, long at, long expiresAt);

    /// <summary>Whether an unexpired token, used or not, has this hash.</summary>
    Task<bool> HasToken(ReadOnlyMemory<byte> hash, long at);

    /// <summary>Returns the keys of fixed labels, which only join tokens give.</summary>
    Task<ImmutableArray<string>> FixedLabels();

    /// <summary>Whether any worker could connect, with an unexpired certificate or unused token.</summary>
    Task<bool> HasUsableCredential(long at);

    /// <summary>
    /// Uses a token; only its first holder can, until it expires, again if the answer was lost. Only
    /// <see cref="TokenUse.Used"/> changes anything.
    /// </summary>
    Task<TokenVerdict> UseToken(ReadOnlyMemory<byte> hash, TokenHolder holder, long at);

    /// <summary>
    /// Stores a certificate, and deletes those that expired over a day ago. Returns false if the grounds are gone (the
    /// token's hash or the earlier thumbprint): the node was forgotten, and the certificate must not be handed out.
    /// </summary>
    Task<bool> AddCertificate(CertificateRow certificate, ReadOnlyMemory<byte> grounds, long at);

    /// <summary>Returns a certificate, perhaps expired; null if unknown, revoked or long expired.</summary>
    Task<CertificateRow?> FindCertificate(ReadOnlyMemory<byte> thumbprint);

    /// <summary>Deletes a node's certificates, and its used tokens, which could yield new ones. Repeatable.</summary>
    Task Revoke(string node);
}
