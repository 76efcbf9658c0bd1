using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using OrleansTasks.Storage;

namespace OrleansTasks.Trust;

/// <summary>
/// Join tokens: <c>otj_SECRET.AUTHORITY</c>, both parts base64url. The secret is 192 random bits, of which the store keeps the
/// SHA-256; the other part is the SHA-256 of the authority's certificate, by which a worker knows whom it may give the secret to.
/// </summary>
public static class JoinTokens
{
    /// <summary>What a token begins with.</summary>
    public const string Prefix = "otj_";

    /// <summary>How long a token can be used.</summary>
    public static readonly TimeSpan Life = TimeSpan.FromHours(1);

    private const int SecretBytes = 24;

    /// <summary>Makes a token, and the authority when there is none yet.</summary>
    /// <param name="store">Keeps both.</param>
    /// <param name="time">The clock.</param>
    /// <param name="terms">What the token demands and gives; null: nothing.</param>
    /// <exception cref="StoreUnavailableException">The store is out of reach.</exception>
    public static async Task<IssuedToken> Make(ITrustStore store, TimeProvider time, TokenTerms? terms = null)
    {
        var now = time.GetUtcNow();
        using var authority = await CertificateAuthority.Open(store, now);
        var secret = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(SecretBytes));
        var expiresAt = (now + Life).ToUnixTimeMilliseconds();
        await store.AddToken(HashOf(secret), terms ?? TokenTerms.Any, now.ToUnixTimeMilliseconds(), expiresAt);
        return new IssuedToken($"{Prefix}{secret}.{Base64Url.EncodeToString(authority.Hash.Span)}", expiresAt);
    }

    /// <summary>What is kept of a secret.</summary>
    public static byte[] HashOf(string secret) => SHA256.HashData(Encoding.UTF8.GetBytes(secret));
}
