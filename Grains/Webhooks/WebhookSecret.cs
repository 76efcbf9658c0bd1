using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace OrleansTasks.Webhooks;

/// <summary>
/// Secrets and signatures of the Standard Webhooks scheme (https://www.standardwebhooks.com): HMAC-SHA256, symmetric.
/// </summary>
internal static class WebhookSecret
{
    private const string Prefix = "whsec_";
    private const int Words = 4;

    /// <summary>Makes a secret of 256 random bits.</summary>
    public static ReadOnlyMemory<byte> New(IRandomness random)
    {
        var secret = new byte[Words * sizeof(ulong)];
        for (var i = 0; i < Words; i++)
            BitConverter.TryWriteBytes(secret.AsSpan(i * sizeof(ulong)), random.NextBits());
        return secret;
    }

    /// <summary>The text form, which receivers are configured with.</summary>
    public static string ToText(ReadOnlyMemory<byte> secret) => Prefix + Convert.ToBase64String(secret.Span);

    /// <summary>The signature of a message: the version and the code in base64.</summary>
    /// <param name="secret">The secret.</param>
    /// <param name="message">The header <c>webhook-id</c>.</param>
    /// <param name="timestamp">The header <c>webhook-timestamp</c>: Unix seconds.</param>
    /// <param name="body">The body.</param>
    public static string Sign(ReadOnlyMemory<byte> secret, string message, long timestamp, ReadOnlyMemory<byte> body)
    {
        using var code = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, secret.Span);
        code.AppendData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{message}.{timestamp}.")));
        code.AppendData(body.Span);
        return "v1," + Convert.ToBase64String(code.GetHashAndReset());
    }
}
