using System.Buffers.Text;
using System.Security.Cryptography;

namespace OrleansTasks.Access;

/// <summary>A key that is about to be stored.</summary>
/// <param name="Text">What its holder sends; kept nowhere.</param>
/// <param name="Record">What is stored.</param>
public sealed record NewKey(string Text, KeyRecord Record)
{
    private const int SecretBytes = 32;
    private const int IdBytes = 8;

    /// <summary>Makes one of 256 random bits; its prefix lets people and secret scanners recognise it.</summary>
    /// <param name="name">The key's name.</param>
    /// <param name="scopes">What it may do.</param>
    /// <param name="expiresAt">From when on it is not valid any more, in Unix milliseconds; null for never.</param>
    public static NewKey Make(string name, Scopes scopes, long? expiresAt)
    {
        var text = "otk_" + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(SecretBytes));
        var id = "key-" + RandomNumberGenerator.GetHexString(IdBytes * 2, lowercase: true);
        return new NewKey(text, new KeyRecord(id, name, KeyHash.Of(text), scopes) { ExpiresAt = expiresAt });
    }
}
