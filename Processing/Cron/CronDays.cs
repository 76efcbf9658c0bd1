using System.Globalization;

namespace OrleansTasks.Processing.Cron;

/// <summary>
/// The days on which a cron expression has times, from its fields day of month, month and day of week. If both day
/// fields are restricted, a day needs to match only one of them. As in Vixie's cron, a field that begins with <c>*</c>
/// is not restricted; a day must then match both fields. For example, <c>*/2</c> with <c>MON</c> means Mondays on odd
/// days.
/// </summary>
internal sealed class CronDays
{
    private ulong months;

    // In days, bit n is day n of the month. In daysBeforeLast, bit n is the day n days before the month's last.
    private ulong days;
    private ulong daysBeforeLast;

    // In weekdays and lastWeekdays, bit n is day n of the week; Sunday is 0. In numberedWeekdays, bit 7 * (k - 1) + n
    // is the k-th such day of the month. lastWeekdays is for the last such day of the month.
    private ulong weekdays;
    private ulong numberedWeekdays;
    private ulong lastWeekdays;

    private bool matchesEither;

    /// <summary>Reads the three fields. Returns null and sets the error if one of them is invalid.</summary>
    internal static CronDays? Read(string dayOfMonth, string month, string dayOfWeek, out string? error)
    {
        var read = new CronDays { matchesEither = IsRestricted(dayOfMonth) && IsRestricted(dayOfWeek) };
        error = null;
        foreach (var part in dayOfMonth.Split(','))
            error ??= read.AddDay(part);
        if (error is null)
            read.months = CronField.Month.Read(month, out error);
        foreach (var part in dayOfWeek.Split(','))
            error ??= read.AddWeekday(part);
        return error is null ? read : null;
    }

    /// <summary>Returns whether the month (1–12) can have matching days.</summary>
    internal bool HasMonth(int month) => (months >> month & 1) != 0;

    /// <summary>Returns whether the expression has times on a date.</summary>
    internal bool Matches(DateTime date)
    {
        if (!HasMonth(date.Month))
            return false;
        var left = DateTime.DaysInMonth(date.Year, date.Month) - date.Day;
        var byDay = (days >> date.Day & 1) != 0 || (daysBeforeLast >> left & 1) != 0;
        var weekday = (int)date.DayOfWeek;
        var byWeekday = (weekdays >> weekday & 1) != 0
            || (numberedWeekdays >> ((date.Day - 1) / 7 * 7 + weekday) & 1) != 0
            || (left < 7 && (lastWeekdays >> weekday & 1) != 0);
        return matchesEither ? byDay || byWeekday : byDay && byWeekday;
    }

    private static bool IsRestricted(string field) => field is not ['*' or '?', ..];

    private string? AddDay(string part)
    {
        if (part is not ['L' or 'l', ..])
        {
            days |= CronField.DayOfMonth.ReadPart(part, out var error);
            return error;
        }

        var before = 0;
        if (part.Length > 1 && (part[1] != '-' || !TrySmall(part[2..], 1, 30, out before)))
            return $"'{part}' is not a day of the month; the last day is L, the day three days before it is L-3";
        daysBeforeLast |= 1UL << before;
        return null;
    }

    private string? AddWeekday(string part)
    {
        var hash = part.IndexOf('#', StringComparison.Ordinal);
        if (hash >= 0)
        {
            if (Weekday(part[..hash]) is not { } numbered || !TrySmall(part[(hash + 1)..], 1, 5, out var number))
                return $"'{part}' is not a day of the week; the second Friday of a month is FRI#2, the fifth FRI#5";
            numberedWeekdays |= 1UL << (7 * (number - 1) + numbered);
            return null;
        }

        if (part is [_, .., 'L' or 'l'])
        {
            if (Weekday(part[..^1]) is not { } last)
                return $"'{part}' is not a day of the week; the last Friday of a month is 5L";
            lastWeekdays |= 1UL << last;
            return null;
        }

        weekdays |= CronField.DayOfWeek.ReadPart(part, out var error);
        return error;
    }

    private static int? Weekday(string text) => CronField.DayOfWeek.Value(text) is >= 0 and var day ? day % 7 : null;

    private static bool TrySmall(string text, int least, int most, out int number) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number >= least && number <= most;
}
