using System.Buffers.Text;
using System.Security.Cryptography;

namespace OrleansTasks.Worker.Trust;

/// <summary>A join token, <c>otj_SECRET.AUTHORITY</c>, as a worker parses it.</summary>
/// <param name="Secret">The secret, which is sent to the service only once that is known to be the right one.</param>
/// <param name="Authority">The SHA-256 of the authority's certificate.</param>
public sealed record JoinToken(string Secret, ReadOnlyMemory<byte> Authority)
{
    private const string Prefix = "otj_";
    private const int LongestText = 400;

    /// <summary>
    /// Parses a token, with or without white space around it. Returns null if the text is not a token.
    /// </summary>
    public static JoinToken? Parse(string text)
    {
        text = text.Trim();
        if (text.Length > LongestText || !text.StartsWith(Prefix, StringComparison.Ordinal)
            || text[Prefix.Length..].Split('.') is not [{ Length: > 0 } secret, { Length: > 0 } hash]
            || !Base64Url.IsValid(secret) || !Base64Url.IsValid(hash)) return null;
        var authority = Base64Url.DecodeFromChars(hash);
        return authority.Length == SHA256.HashSizeInBytes ? new JoinToken(secret, authority) : null;
    }
}
