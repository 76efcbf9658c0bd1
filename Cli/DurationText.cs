using System.Globalization;

namespace OrleansTasks.Cli;

/// <summary>Durations that otask itself uses; the gateway parses all others.</summary>
internal static class DurationText
{
    /// <summary>
    /// Parses a duration, such as <c>500ms</c>, <c>90s</c>, <c>10m</c> or <c>2h</c>. Throws
    /// <see cref="UsageException"/>.
    /// </summary>
    public static TimeSpan Read(string option, string text)
    {
        var digits = text.TakeWhile(char.IsAsciiDigit).Count();
        double? unit = text[digits..] switch
        {
            "ms" => 1,
            "s" => 1_000,
            "m" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            _ => null,
        };
        // The maximum of a .NET timer is about 49 days (2^32 - 2 ms).
        return unit is { } milliseconds
            && int.TryParse(text[..digits], NumberStyles.None, CultureInfo.InvariantCulture, out var count)
            && count * milliseconds is > 0 and < uint.MaxValue - 1
            ? TimeSpan.FromMilliseconds(count * milliseconds)
            : throw UsageException.OfValue(option, text, "a duration such as 90s, 10m or 2h, up to 49 days");
    }
}
