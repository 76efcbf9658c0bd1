using System.Globalization;
using System.Text.RegularExpressions;

namespace OrleansTasks.Cli;

/// <summary>Converts relative times for options that take a time. The gateway checks all other strings.</summary>
internal static partial class MomentText
{
    /// <summary>Returns <c>6h</c> as the time six hours ago, and any other string unchanged.</summary>
    public static string? Past(string? text) => Shifted(text, -1);

    /// <summary>Returns <c>6h</c> as the time in six hours, and any other string unchanged.</summary>
    public static string? Future(string? text) => Shifted(text, 1);

    private static string? Shifted(string? text, int direction)
    {
        if (text is null || !Duration().IsMatch(text))
            return text;
        var time = TimeProvider.System.GetUtcNow() + (direction * DurationText.Read("A relative time", text));
        return time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
    }

    [GeneratedRegex("^[0-9]+(ms|s|m|h|d)$")]
    private static partial Regex Duration();
}
