using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using OrleansTasks.Trust;

namespace OrleansTasks.Storage.Trust;

/// <summary>
/// Creates join tokens of the form <c>otj_SECRET.AUTHORITY</c>, both parts in base64url. The secret is 192 random bits,
/// of which a hash is stored. The authority is the SHA-256 of its certificate, by which the worker checks the service
/// before it sends the secret.
/// </summary>
public static class JoinTokens
{
    /// <summary>The prefix of every token, by which readers and secret scanners recognize it.</summary>
    public const string Prefix = "otj_";

    /// <summary>
    /// How long a worker can use a token, and repeat the use. The worker's certificate outlives the token.
    /// </summary>
    public static readonly TimeSpan Life = TimeSpan.FromHours(1);

    private const int SecretBytes = 24;

    /// <summary>
    /// Creates a token, and the authority if there is none yet. Null terms allow any node name and give no labels.
    /// </summary>
    /// <exception cref="StoreUnavailableException">The store cannot be read or written.</exception>
    /// <exception cref="OutcomeUnknownException">
    /// It is unknown whether a token was stored; its text is lost. Repeat the call.
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
    /// Returns the hash to store: the SHA-256 of the secret's base64url text, not of its decoded bytes.
    /// </summary>
    public static byte[] HashOf(string secret) => SHA256.HashData(Encoding.UTF8.GetBytes(secret));
}
