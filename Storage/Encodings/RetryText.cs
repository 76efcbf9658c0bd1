using System.Globalization;
using System.Text;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage.Encodings;

/// <summary>
/// The stored form of a retry policy, such as <c>3 1000 300000 1</c>; nothing is stored for the default one.
/// </summary>
internal static class RetryText
{
    /// <summary>The text; null for the default policy.</summary>
    internal static string? Write(RetryPolicy policy) =>
        policy == RetryPolicy.Default
            ? null
            : string.Create(CultureInfo.InvariantCulture,
                $"{policy.MaxAttempts} {policy.Backoff} {policy.MaxBackoff} {(policy.OnNodeLost ? 1 : 0)}");

    /// <summary>Reads the text's bytes; throws <see cref="FormatException"/> on anything else.</summary>
    internal static RetryPolicy Read(ReadOnlySpan<byte> text)
    {
        if (text.IsEmpty)
            return RetryPolicy.Default;
        var parts = Encoding.UTF8.GetString(text).Split(' ');
        if (parts.Length != 4)
            throw new FormatException("A stored retry policy has not four parts.");
        try
        {
            return new RetryPolicy(
                int.Parse(parts[0], CultureInfo.InvariantCulture),
                long.Parse(parts[1], CultureInfo.InvariantCulture),
                long.Parse(parts[2], CultureInfo.InvariantCulture),
                parts[3] != "0");
        }
        catch (OverflowException fault)
        {
            throw new FormatException("A stored retry policy has a number that is too large.", fault);
        }
    }
}
