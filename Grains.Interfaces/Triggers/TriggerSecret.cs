using System.Security.Cryptography;
using System.Text;

namespace OrleansTasks.Triggers;

/// <summary>The secrets of triggers.</summary>
public static class TriggerSecret
{
    private const string StandardPrefix = "whsec_";

    /// <summary>Returns the text of a new secret.</summary>
    /// <param name="kind">How deliveries are signed.</param>
    /// <param name="random">256 random bits.</param>
    public static string ToText(SignatureKind kind, ReadOnlySpan<byte> random) => kind == SignatureKind.StandardWebhooks
        ? StandardPrefix + Convert.ToBase64String(random)
        : Convert.ToHexStringLower(random);

    /// <summary>Returns the key in a secret of the Standard Webhooks specification; null if it is not one.</summary>
    public static byte[]? StandardKeyOf(string secret)
    {
        var text = secret.StartsWith(StandardPrefix, StringComparison.Ordinal) ? secret[StandardPrefix.Length..]
            : secret;
        var key = new byte[text.Length];
        return Convert.TryFromBase64String(text, key, out var length) && length >= 16 ? key[..length] : null;
    }

    /// <summary>Compares a secret with what a sender gives, in a time that says nothing about the secret.</summary>
    internal static bool AreEqual(string secret, string given) => CryptographicOperations.FixedTimeEquals(
        SHA256.HashData(Encoding.UTF8.GetBytes(secret)), SHA256.HashData(Encoding.UTF8.GetBytes(given)));
}
