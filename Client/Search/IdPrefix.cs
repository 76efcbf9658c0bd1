using System.Globalization;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Search;

/// <summary>
/// The beginning of an id of a task, a job or a workflow. Since ids begin with their time, it also says when they were made.
/// </summary>
/// <param name="Text">The beginning, in lower case.</param>
/// <param name="From">The earliest time of such ids, Unix milliseconds.</param>
/// <param name="Above">The id after the last that begins so: lists that are read from here on downwards begin with those that do.</param>
internal readonly record struct IdPrefix(string Text, long From, TaskId Above)
{
    private const int Shortest = 4;
    private const int TimeDigits = 12;
    private const int HalfDigits = 16;
    private const int IdDigits = 2 * HalfDigits;

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
        return new IdPrefix(text.ToLowerInvariant(), (long)Read(digits.PadRight(TimeDigits, '0')[..TimeDigits]), After(digits.PadRight(IdDigits, 'f')));
    }

    /// <summary>Whether an id begins so.</summary>
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
