using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace OrleansTasks.Triggers;

/// <summary>Checks the signature of a delivery, and finds its id.</summary>
/// <remarks>
/// <code>
/// kind               signed                     signature                      id of the delivery
/// github             body                       X-Hub-Signature-256: sha256=   X-GitHub-Delivery, or the signature
/// gitlab             nothing                    X-Gitlab-Token: the secret     Idempotency-Key, X-Gitlab-Event-UUID, or the body's hash
/// slack              v0:time:body               X-Slack-Signature: v0=         event_id of the body, or the signature
/// hmac-sha256        time.nonce.body            X-Signature                    X-Nonce
/// standard-webhooks  id.time.body               webhook-signature: v1,base64   webhook-id
/// token              nothing                    the secret in a header         Idempotency-Key, or none
/// </code>
/// </remarks>
public static class DeliverySignature
{
    /// <summary>How far the signed time may be from the service's, in either direction.</summary>
    public static readonly TimeSpan LargestSkew = TimeSpan.FromMinutes(5);

    private const int LongestId = 255;

    /// <summary>Returns the name of the header with the signature or the secret.</summary>
    public static string HeaderOf(TriggerSpec spec) => spec.Signature switch
    {
        SignatureKind.GitHub => "X-Hub-Signature-256",
        SignatureKind.GitLab => "X-Gitlab-Token",
        SignatureKind.Slack => "X-Slack-Signature",
        SignatureKind.HmacSha256 => "X-Signature",
        SignatureKind.StandardWebhooks => "webhook-signature",
        SignatureKind.Token => spec.TokenHeader,
        _ => throw Unknown(spec),
    };

    /// <summary>Returns whether the sender of a delivery knows the secret, and the delivery came in time.</summary>
    /// <param name="spec">The trigger.</param>
    /// <param name="secret">Its secret.</param>
    /// <param name="header">Returns the only value of a header; null if there is none, or several.</param>
    /// <param name="body">The delivery's body.</param>
    /// <param name="now">The current time in Unix milliseconds.</param>
    public static bool IsValid(
        TriggerSpec spec, string secret, Func<string, string?> header, ReadOnlySpan<byte> body, long now)
    {
        if (header(HeaderOf(spec)) is not { } given)
            return false;
        switch (spec.Signature)
        {
            case SignatureKind.GitHub:
                return IsHex(given, "sha256=", secret, "", body);
            case SignatureKind.GitLab:
            case SignatureKind.Token:
                return TriggerSecret.AreEqual(secret, given);
            case SignatureKind.Slack:
                return header("X-Slack-Request-Timestamp") is { } sent && IsInTime(sent, now)
                    && IsHex(given, "v0=", secret, $"v0:{sent}:", body);
            case SignatureKind.HmacSha256:
                return header("X-Timestamp") is { } time && IsInTime(time, now)
                    // With dots in a nonce, one signature would fit several pairs of nonce and body.
                    && IsId(header("X-Nonce"), out var nonce) && !nonce.Contains('.', StringComparison.Ordinal)
                    && IsHex(given, "", secret, $"{time}.{nonce}.", body);
            case SignatureKind.StandardWebhooks:
                return header("webhook-timestamp") is { } at && IsInTime(at, now)
                    && IsId(header("webhook-id"), out var id)
                    && TriggerSecret.StandardKeyOf(secret) is { } key
                    && HasStandard(given, Code(key, $"{id}.{at}.", body));
            default:
                throw Unknown(spec);
        }
    }

    /// <summary>
    /// Returns what identifies a delivery whose signature is valid, so that its repetition starts nothing; null if
    /// nothing does.
    /// </summary>
    /// <param name="spec">The trigger.</param>
    /// <param name="header">Returns the only value of a header; null if there is none, or several.</param>
    /// <param name="body">The delivery's body.</param>
    /// <param name="eventId">The field <c>event_id</c> of the body; null if there is none.</param>
    public static string? IdOf(
        TriggerSpec spec, Func<string, string?> header, ReadOnlySpan<byte> body, string? eventId) => spec.Signature switch
    {
        SignatureKind.GitHub => Id("X-GitHub-Delivery", header) ?? header(HeaderOf(spec))!.ToUpperInvariant(),
        SignatureKind.GitLab => Id("Idempotency-Key", header) ?? Id("X-Gitlab-Event-UUID", header)
            ?? Convert.ToHexString(SHA256.HashData(body)),
        // Slack signs a repetition of an event anew.
        SignatureKind.Slack => eventId ?? header(HeaderOf(spec))!.ToUpperInvariant(),
        SignatureKind.HmacSha256 => Id("X-Nonce", header),
        SignatureKind.StandardWebhooks => Id("webhook-id", header),
        SignatureKind.Token => Id("Idempotency-Key", header),
        _ => throw Unknown(spec),
    };

    private static NotSupportedException Unknown(TriggerSpec spec) =>
        new($"No rule for signatures of the kind {spec.Signature}.");

    private static string? Id(string name, Func<string, string?> header) => IsId(header(name), out var id) ? id : null;

    private static bool IsId(string? given, out string id)
    {
        id = given ?? "";
        return id.Length is > 0 and <= LongestId;
    }

    private static bool IsInTime(string seconds, long now) =>
        long.TryParse(seconds, NumberStyles.None, CultureInfo.InvariantCulture, out var sent)
        && sent <= long.MaxValue / 2_000 && Math.Abs((sent * 1_000) - now) <= LargestSkew.TotalMilliseconds;

    private static bool IsHex(string given, string prefix, string secret, string before, ReadOnlySpan<byte> body)
    {
        if (!given.StartsWith(prefix, StringComparison.Ordinal) || given.Length != prefix.Length + 64)
            return false;
        var bytes = new byte[32];
        var status = Convert.FromHexString(given.AsSpan(prefix.Length), bytes, out _, out var written);
        return status == OperationStatus.Done && written == bytes.Length
            && CryptographicOperations.FixedTimeEquals(bytes, Code(Encoding.UTF8.GetBytes(secret), before, body));
    }

    private static bool HasStandard(string signatures, byte[] code)
    {
        var wanted = Encoding.ASCII.GetBytes("v1," + Convert.ToBase64String(code));
        var isOne = false;
        foreach (var signature in signatures.Split(' ').Take(10))
            isOne |= CryptographicOperations.FixedTimeEquals(wanted, Encoding.UTF8.GetBytes(signature));
        return isOne;
    }

    private static byte[] Code(byte[] key, string before, ReadOnlySpan<byte> body)
    {
        using var code = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, key);
        code.AppendData(Encoding.UTF8.GetBytes(before));
        code.AppendData(body);
        return code.GetHashAndReset();
    }
}
