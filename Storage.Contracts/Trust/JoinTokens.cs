using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using OrleansTasks.Trust;

namespace OrleansTasks.Storage.Trust;

/// <summary>
/// Creates tokens <c>otj_SECRET.AUTHORITY</c> in base64url: 192 random bits, stored as a hash, and the SHA-256 of the
/// authority's certificate, by which the worker checks the service before it sends the secret.
/// </summary>
public static class JoinTokens
{
    /// <summary>Begins every token, so that people and scanners recognize it.</summary>
    public const string Prefix = "otj_";

    /// <summary>How long a worker can use a token and repeat the use. Its certificate outlives the token.</summary>
    public static readonly TimeSpan Life = TimeSpan.FromHours(1);

    private const int SecretBytes = 24;

    /// <summary>Creates a token and, before the first run, the authority. Null terms: any name, no labels.</summary>
    /// <exception cref="StoreUnavailableException">The store cannot be read or written.</exception>
    /// <exception cref="OutcomeUnknownException">
    /// A token may be stored whose text nobody knows. Repeat the call.
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

    /// <summary>The stored hash: SHA-256 of the secret's base64url text, not of its bits.</summary>
    public static byte[] HashOf(string secret) => SHA256.HashData(Encoding.UTF8.GetBytes(secret));
}
