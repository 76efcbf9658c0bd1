using System.Globalization;

namespace OrleansTasks.Processing.Cron;

/// <summary>
/// One field of a cron expression, such as the hour. It defines the allowed values and reads the field's text into a
/// bit mask in which bit n stands for value n.
/// </summary>
/// <param name="name">The field's name, for error messages.</param>
/// <param name="least">The smallest value.</param>
/// <param name="most">The largest value.</param>
/// <param name="names">The names of the values, starting with the smallest; empty if the field has no names.</param>
/// <param name="alias">
/// A value above <paramref name="most"/> that means <paramref name="least"/>, as 7 does for Sunday; -1 for none.
/// </param>
internal sealed class CronField(string name, int least, int most, string[] names, int alias = -1)
{
    internal static readonly CronField Second = new("second", 0, 59, []);
    internal static readonly CronField Minute = new("minute", 0, 59, []);
    internal static readonly CronField Hour = new("hour", 0, 23, []);
    internal static readonly CronField DayOfMonth = new("day of month", 1, 31, []);

    internal static readonly CronField Month = new(
        "month", 1, 12, ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]);

    internal static readonly CronField DayOfWeek = new(
        "day of week", 0, 6, ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"], alias: 7);

    /// <summary>The field's name, for error messages.</summary>
    internal string Name => name;

    private int Size => most - least + 1;

    /// <summary>
    /// Reads a whole field: parts separated by commas. Returns 0 and sets the error if a part is invalid.
    /// </summary>
    internal ulong Read(string text, out string? error)
    {
        error = null;
        ulong mask = 0;
        foreach (var part in text.Split(','))
        {
            mask |= ReadPart(part, out error);
            if (error is not null)
                return 0;
        }

        return mask;
    }

    /// <summary>Reads one part without commas: <c>*</c>, a value, a range, or one of these with a step.</summary>
    internal ulong ReadPart(string part, out string? error)
    {
        var (range, step) = (part, 1);
        var slash = part.IndexOf('/', StringComparison.Ordinal);
        if (slash >= 0)
        {
            range = part[..slash];
            if (!TryNumber(part[(slash + 1)..], out step) || step < 1 || step > Size)
                return Fail($"the step in '{part}' must be a number from 1 to {Size}", out error);
        }

        if (range is "*" or "?")
            return Mask(least, Size, step, out error);
        var dash = range.IndexOf('-', StringComparison.Ordinal);
        var first = Value(dash < 0 ? range : range[..dash]);
        if (first < 0)
            return Fail(NotAValue(dash < 0 ? range : range[..dash]), out error);
        // 7 means Sunday, like 0, even at the start of a range.
        first = first == alias ? least : first;
        if (dash < 0)
            return Mask(first, slash < 0 ? 1 : most - first + 1, step, out error);
        var last = Value(range[(dash + 1)..]);
        if (last < 0)
            return Fail(NotAValue(range[(dash + 1)..]), out error);
        // At the end of a range, 7 means Sunday as well, so 7-7 and SUN-7 are Sunday alone. Only 0-7 is every day,
        // as in other crons.
        var isFromZero = TryNumber(range[..dash], out var number) && number == least;
        if (last == alias && !isFromZero)
            last = least;
        // A range such as 22-2 wraps around the largest value.
        return Mask(first, last - first + 1 + (last < first ? Size : 0), step, out error);
    }

    /// <summary>
    /// Parses a value: a number, or a name in any letter case. Returns -1 if the field has no such value.
    /// </summary>
    internal int Value(string text)
    {
        var index = Array.FindIndex(names, known => known.Equals(text, StringComparison.OrdinalIgnoreCase));
        if (index >= 0)
            return least + index;
        return TryNumber(text, out var number) && ((number >= least && number <= most) || number == alias) ? number : -1;
    }

    /// <summary>Returns an error message for a string that is not a value of this field.</summary>
    internal string NotAValue(string text)
    {
        var range = string.Create(CultureInfo.InvariantCulture, $"{least} to {(alias < 0 ? most : alias)}");
        var allowed = names.Length == 0 ? range : $"{range} and {names[0]} to {names[^1]}";
        return $"'{text}' is not a value of the {name}; allowed are {allowed}";
    }

    private static bool TryNumber(string text, out int number)
    {
        number = 0;
        return text.Length is >= 1 and <= 2 && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
    }

    private static ulong Fail(string reason, out string? error)
    {
        error = reason;
        return 0;
    }

    private ulong Mask(int first, int length, int step, out string? error)
    {
        error = null;
        ulong mask = 0;
        for (var i = 0; i < length; i += step)
            mask |= 1UL << (first + i <= most ? first + i : first + i - Size);
        return mask;
    }
}
