using System.Globalization;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Search;

/// <summary>
/// The beginning of an id of a task, job, workflow or rollout. Ids begin with their creation time, so a prefix bounds
/// that as well.
/// </summary>
/// <param name="Text">The prefix, in lower case.</param>
/// <param name="From">The earliest creation time of ids with this prefix, in Unix milliseconds.</param>
/// <param name="Above">
/// The id after the last one with this prefix: the cursor after which a list, newest first, begins with the matching
/// ids.
/// </param>
internal readonly record struct IdPrefix(string Text, long From, TaskId Above)
{
    private const int Shortest = 4;
    // The first 48 bits of an id are its creation time.
    private const int TimeDigits = 12;
    private const int HalfDigits = 16;
    private const int IdDigits = 2 * HalfDigits;

    /// <summary>
    /// Parses a prefix of an id: four or more hexadecimal digits, with hyphens where ids have them. Returns null if it
    /// is not one.
    /// </summary>
    public static IdPrefix? Parse(string text)
    {
        if (text.Length is < Shortest or > TaskId.TextLength)
            return null;
        for (var i = 0; i < text.Length; i++)
        {
            // The hyphens of an id are at these indexes.
            if (i is 8 or 13 or 18 or 23 ? text[i] != '-' : !char.IsAsciiHexDigit(text[i]))
                return null;
        }

        var digits = text.Replace("-", "", StringComparison.Ordinal);
        return new IdPrefix(text.ToLowerInvariant(), (long)Read(digits.PadRight(TimeDigits, '0')[..TimeDigits]), After(digits.PadRight(IdDigits, 'f')));
    }

    /// <summary>Returns whether an id has this prefix.</summary>
    public bool Matches(TaskId id) => id.ToString().StartsWith(Text, StringComparison.Ordinal);

    private static TaskId After(string digits)
    {
        var (high, low) = (Read(digits[..HalfDigits]), Read(digits[HalfDigits..]));
        return low < ulong.MaxValue ? new TaskId(high, low + 1)
            : high < ulong.MaxValue ? new TaskId(high + 1, 0)
            : new TaskId(high, low);
    }

    private static ulong Read(string digits) => ulong.Parse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
}
