using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using OrleansTasks.Storage;

namespace OrleansTasks.Trust;

/// <summary>
/// Makes join tokens. An operator gives a join token to a new worker, which joins the service with it, once, and gets a
/// certificate. <see cref="TrustGrain"/> calls this for gateways; the command line calls it on a data folder.
/// </summary>
/// <remarks>
/// The text of a token is <c>otj_SECRET.AUTHORITY</c>, both parts base64url. SECRET is 192 random bits; the store keeps
/// only a hash, so a token that is lost cannot be shown again. AUTHORITY is the SHA-256 of the certificate of the
/// service's own certificate authority: the worker checks the service by it before it sends the secret.
/// </remarks>
public static class JoinTokens
{
    /// <summary>What the text of every token begins with, so that people and scanners recognize a token.</summary>
    public const string Prefix = "otj_";

    /// <summary>
    /// How long a token can be used after it was made. The worker that has used it can repeat the use until then, in
    /// case the answer was lost. The certificate that the worker got stays valid when the token expires.
    /// </summary>
    public static readonly TimeSpan Life = TimeSpan.FromHours(1);

    private const int SecretBytes = 24;

    /// <summary>
    /// Makes and stores a token. Also makes the service's authority when there is none yet: the command line can make a
    /// token before the service has ever run. Only the reply has the token's text.
    /// </summary>
    /// <param name="store">Keeps the token's hash and the authority.</param>
    /// <param name="time">The wall clock, from which the token's end is reckoned.</param>
    /// <param name="terms">
    /// Which node names may join with the token, and which labels it gives. Null means any name and no labels.
    /// </param>
    /// <exception cref="StoreUnavailableException">The store cannot be read or written.</exception>
    /// <exception cref="OutcomeUnknownException">
    /// The token may be stored, but nobody knows its text. Repeating the call makes another token.
    /// </exception>
    public static async Task<IssuedToken> Make(ITrustStore store, TimeProvider time, TokenTerms? terms = null)
    {
        var now = time.GetUtcNow();
        using var authority = await CertificateAuthority.Open(store, now);
        var secret = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(SecretBytes));
        var expiresAt = (now + Life).ToUnixTimeMilliseconds();
        await store.AddToken(HashOf(secret), terms ?? TokenTerms.Any, now.ToUnixTimeMilliseconds(), expiresAt);
        return new IssuedToken($"{Prefix}{secret}.{Base64Url.EncodeToString(authority.Hash.Span)}", expiresAt);
    }

    /// <summary>
    /// The hash under which the store keeps a token: the SHA-256 of the secret's base64url text, not of its bits. A
    /// silo computes it from the secret that a joining worker sends.
    /// </summary>
    public static byte[] HashOf(string secret) => SHA256.HashData(Encoding.UTF8.GetBytes(secret));
}
