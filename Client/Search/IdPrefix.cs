using System.Globalization;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Search;

/// <summary>
/// The beginning of an id of a task, a job or a workflow. Since ids begin with their time, it also says when they were made.
/// </summary>
/// <param name="Text">The beginning, in lower case.</param>
/// <param name="From">The earliest time of such ids, Unix milliseconds.</param>
/// <param name="Until">The latest.</param>
internal readonly record struct IdPrefix(string Text, long From, long Until)
{
    private const int Shortest = 4;
    private const int TimeDigits = 12;

    /// <summary>Reads the beginning of an id: four hexadecimal digits or more, with hyphens where ids have them. Null: it is none.</summary>
    public static IdPrefix? Parse(string text)
    {
        if (text.Length is < Shortest or > TaskId.TextLength)
            return null;
        for (var i = 0; i < text.Length; i++)
        {
            if (i is 8 or 13 or 18 or 23 ? text[i] != '-' : !char.IsAsciiHexDigit(text[i]))
                return null;
        }

        var digits = text.Replace("-", "", StringComparison.Ordinal);
        digits = digits[..Math.Min(digits.Length, TimeDigits)];
        return new IdPrefix(text.ToLowerInvariant(), Read(digits.PadRight(TimeDigits, '0')), Read(digits.PadRight(TimeDigits, 'f')));
    }

    /// <summary>Whether an id begins so.</summary>
    public bool Matches(TaskId id) => id.ToString().StartsWith(Text, StringComparison.Ordinal);

    private static long Read(string digits) => long.Parse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
}
