using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace OrleansTasks.Webhooks;

/// <summary>Standard Webhooks signatures (https://www.standardwebhooks.com): symmetric, HMAC-SHA256.</summary>
internal static class WebhookSecret
{
    private const string Prefix = "whsec_";
    private const int Words = 4;

    /// <summary>Creates a secret of 256 random bits.</summary>
    public static ReadOnlyMemory<byte> New(IRandomness random)
    {
        var secret = new byte[Words * sizeof(ulong)];
        for (var i = 0; i < Words; i++)
            BitConverter.TryWriteBytes(secret.AsSpan(i * sizeof(ulong)), random.NextBits());
        return secret;
    }

    /// <summary>Returns the string with which receivers are configured.</summary>
    public static string ToText(ReadOnlyMemory<byte> secret) => Prefix + Convert.ToBase64String(secret.Span);

    /// <summary>Signs a message with a time in Unix seconds. Returns the version, then the code in base64.</summary>
    public static string Sign(ReadOnlyMemory<byte> secret, string message, long timestamp, ReadOnlyMemory<byte> body)
    {
        using var code = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, secret.Span);
        code.AppendData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{message}.{timestamp}.")));
        code.AppendData(body.Span);
        return "v1," + Convert.ToBase64String(code.GetHashAndReset());
    }
}
