using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using OrleansTasks.Storage;

namespace OrleansTasks.Tasks.Failures;

/// <summary>
/// The fingerprint of a failed attempt, 64 bits that equal failures share: the first 8 bytes of the SHA-256 of the
/// reason, the exit code or signal, and <see cref="FailureText"/>. Shown as 16 hexadecimal digits.
/// </summary>
public static class FailureFingerprint
{
    /// <summary>Must increase whenever a failure would get another fingerprint. Stored ones do not change.</summary>
    public const int Version = 2;

    private static readonly long OfLoss = Of(EndReason.NodeLost, null, null, "");
    private static readonly long OfExpiry = Of(EndReason.Expired, null, null, "");

    /// <summary>Returns the fingerprint in the result, or computes it if there is none.</summary>
    public static long Of(AttemptResult result) => result.Fingerprint
        ?? Of(result.Reason, result.ExitCode, result.Signal, result.Output is { } output
            ? FailureText.Of(output.Tail.Span, new OutputSizes(output.StdoutBytes, output.StderrBytes, output.Truncated))
            : "");

    /// <summary>
    /// Returns the fingerprint of a task that failed without a result: lost with its node, or expired.
    /// </summary>
    public static long Of(EndReason reason) => reason switch
    {
        EndReason.NodeLost => OfLoss,
        EndReason.Expired => OfExpiry,
        _ => Of(reason, null, null, ""),
    };

    /// <summary>Computes a fingerprint; the text is that of <see cref="FailureText"/>.</summary>
    public static long Of(EndReason reason, int? exitCode, string? signal, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(string.Create(
            CultureInfo.InvariantCulture, $"{Version}\n{(int)reason}\n{exitCode}\n{signal}\n{text}"));
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(bytes, hash);
        return BinaryPrimitives.ReadInt64BigEndian(hash);
    }
}
