using System.Globalization;
using System.Text;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage.Encodings;

/// <summary>
/// The stored form of a retry policy: maximum attempts, backoff, maximum backoff, and whether a lost node counts (0 or
/// 1), such as <c>3 1000 300000 1</c>. Nothing is stored for the default policy. Rules for single causes follow:
/// <c>fatal=2,64-78 exit=5 codes=75 out-of-memory=4 memory=2*8589934592</c>.
/// </summary>
internal static class RetryText
{
    private const int PlainParts = 4;

    /// <summary>Returns the text; null for the default policy.</summary>
    internal static string? Write(RetryPolicy policy)
    {
        if (policy == RetryPolicy.Default)
            return null;
        var plain = string.Create(CultureInfo.InvariantCulture,
            $"{policy.MaxAttempts} {policy.Backoff} {policy.MaxBackoff} {(policy.OnNodeLost ? 1 : 0)}");
        return policy.Rules is { } rules ? plain + TextOf(rules) : plain;
    }

    /// <summary>Parses the stored text. Throws <see cref="FormatException"/> if it is malformed.</summary>
    internal static RetryPolicy Read(ReadOnlySpan<byte> text)
    {
        if (text.IsEmpty)
            return RetryPolicy.Default;
        var parts = Encoding.UTF8.GetString(text).Split(' ');
        if (parts.Length < PlainParts)
            throw new FormatException("A stored retry policy has fewer than four parts.");
        try
        {
            return new RetryPolicy(
                int.Parse(parts[0], CultureInfo.InvariantCulture),
                long.Parse(parts[1], CultureInfo.InvariantCulture),
                long.Parse(parts[2], CultureInfo.InvariantCulture),
                parts[3] != "0",
                parts.Length == PlainParts ? null : parts.Skip(PlainParts).Aggregate(RetryRules.None, Add));
        }
        catch (OverflowException fault)
        {
            throw new FormatException("A stored retry policy has a number that is too large.", fault);
        }
    }

    private static string TextOf(RetryRules rules)
    {
        var text = new StringBuilder();
        if (!rules.FatalExitCodes.IsEmpty)
            text.Append(CultureInfo.InvariantCulture, $" fatal={rules.FatalExitCodes}");
        for (var cause = FailureCause.Exit; cause <= FailureCause.ImageUnavailable; cause++)
        {
            if (rules.BudgetOf(cause) is > 0 and var budget)
                text.Append(CultureInfo.InvariantCulture, $" {cause.Name()}={budget}");
        }

        if (rules.ExitCodes is { } codes)
            text.Append(CultureInfo.InvariantCulture, $" codes={codes}");
        if (rules.MemoryFactor > 0)
            text.Append(CultureInfo.InvariantCulture, $" memory={rules.MemoryFactor:R}*{rules.MemoryMax}");
        return text.ToString();
    }

    private static RetryRules Add(RetryRules rules, string part)
    {
        var at = part.IndexOf('=', StringComparison.Ordinal);
        var (name, value) = at < 0 ? (part, "") : (part[..at], part[(at + 1)..]);
        switch (name)
        {
            case "fatal":
                return rules with { FatalExitCodes = ExitCodeSet.Parse(value) };
            case "codes":
                return rules with { ExitCodes = ExitCodeSet.Parse(value) };
            case "memory":
                var star = value.IndexOf('*', StringComparison.Ordinal);
                return rules with
                {
                    MemoryFactor = double.Parse(value.AsSpan(0, Math.Max(star, 0)), CultureInfo.InvariantCulture),
                    MemoryMax = long.Parse(value.AsSpan(star + 1), CultureInfo.InvariantCulture),
                };
            default:
                var cause = FailureCauses.AllNames.IndexOf(name);
                return cause >= 0
                    ? rules.WithBudget((FailureCause)(cause + 1), byte.Parse(value, CultureInfo.InvariantCulture))
                    : throw new FormatException($"A stored retry policy has an unknown part '{part}'.");
        }
    }
}
