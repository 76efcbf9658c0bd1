using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using OrleansTasks.Storage;

namespace OrleansTasks.Trust;

/// <summary>
/// Join tokens: <c>otj_SECRET.AUTHORITY</c>, both parts base64url. The secret is 192 random bits; the store keeps only the SHA-256 of its
/// text. The other part is the SHA-256 of the authority's certificate, by which a worker knows that it gives the secret to this service.
/// </summary>
public static class JoinTokens
{
    /// <summary>What a token begins with.</summary>
    public const string Prefix = "otj_";

    /// <summary>How long a token can be used after it was made.</summary>
    public static readonly TimeSpan Life = TimeSpan.FromHours(1);

    private const int SecretBytes = 24;

    /// <summary>Makes a token, and the authority when there is none yet. The token's text is in the reply alone.</summary>
    /// <param name="store">Keeps the token's hash and the authority.</param>
    /// <param name="time">The clock.</param>
    /// <param name="terms">The token's terms; null: for nodes of any name, and without labels.</param>
    /// <exception cref="StoreUnavailableException">The store cannot be read or written.</exception>
    public static async Task<IssuedToken> Make(ITrustStore store, TimeProvider time, TokenTerms? terms = null)
    {
        var now = time.GetUtcNow();
        using var authority = await CertificateAuthority.Open(store, now);
        var secret = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(SecretBytes));
        var expiresAt = (now + Life).ToUnixTimeMilliseconds();
        await store.AddToken(HashOf(secret), terms ?? TokenTerms.Any, now.ToUnixTimeMilliseconds(), expiresAt);
        return new IssuedToken($"{Prefix}{secret}.{Base64Url.EncodeToString(authority.Hash.Span)}", expiresAt);
    }

    /// <summary>What is stored of a secret: the SHA-256 of its base64url text, not of its bits.</summary>
    public static byte[] HashOf(string secret) => SHA256.HashData(Encoding.UTF8.GetBytes(secret));
}
