using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.RegularExpressions;

namespace OrleansTasks.Cli;

/// <summary>Formats times, and converts relative times for options that take a time. The gateway checks all other strings.</summary>
internal static partial class MomentText
{
    /// <summary>Returns <c>6h</c> as the time six hours ago, and any other string unchanged.</summary>
    public static string? Past(string? text) => Shifted(text, -1);

    /// <summary>Returns <c>6h</c> as the time in six hours, and any other string unchanged.</summary>
    public static string? Future(string? text) => Shifted(text, 1);

    /// <summary>Returns a time as gateways write it; null for none.</summary>
    [return: NotNullIfNotNull(nameof(time))]
    public static string? Of(DateTimeOffset? time) =>
        time?.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    /// <summary>
    /// Returns <c>6h</c> as the time six hours ago, an RFC 3339 time as it is, and null as null. Throws
    /// <see cref="UsageException"/> for anything else.
    /// </summary>
    public static DateTimeOffset? Earliest(string option, string? text)
    {
        if (Past(text) is not { } past)
            return null;
        return past.Contains('T', StringComparison.Ordinal)
            && DateTimeOffset.TryParse(past, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            ? time
            : throw UsageException.OfValue(option, text, "a time such as 10m or 2030-01-02T03:04:05Z");
    }

    private static string? Shifted(string? text, int direction)
    {
        if (text is null || !Duration().IsMatch(text))
            return text;
        var time = TimeProvider.System.GetUtcNow() + (direction * DurationText.Read("A relative time", text));
        return Of(time);
    }

    [GeneratedRegex("^[0-9]+(ms|s|m|h|d)$")]
    private static partial Regex Duration();
}
