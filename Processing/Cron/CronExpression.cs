using System.Diagnostics.CodeAnalysis;

namespace OrleansTasks.Processing.Cron;

/// <summary>
/// A cron expression: the local times at which a schedule has occurrences, without a time zone (<c>CronTimes</c>
/// adds it). It has five fields (minute, hour, day of month, month, day of week), or six with seconds first.
/// docs/schedules.md has the syntax. Immutable.
/// </summary>
public sealed class CronExpression
{
    /// <summary>Maximum length of an expression in characters.</summary>
    public const int LongestText = 256;

    private const ulong EveryHour = (1UL << 24) - 1;

    private static readonly (string Name, string Fields)[] Shorthands =
    [
        ("@yearly", "0 0 1 1 *"), ("@annually", "0 0 1 1 *"), ("@monthly", "0 0 1 * *"), ("@weekly", "0 0 * * 0"),
        ("@daily", "0 0 * * *"), ("@midnight", "0 0 * * *"), ("@hourly", "0 * * * *"),
    ];

    private readonly ulong seconds;
    private readonly ulong minutes;
    private readonly ulong hours;
    private readonly CronDays days;

    private CronExpression(string text, ulong seconds, ulong minutes, ulong hours, CronDays days) =>
        (Text, this.seconds, this.minutes, this.hours, this.days) = (text, seconds, minutes, hours, days);

    /// <summary>The expression as written.</summary>
    public string Text { get; }

    /// <summary>
    /// Whether the expression matches every hour of a matching day. Such an expression follows elapsed time when clocks
    /// change: a local hour that does not exist adds no time, and both passes of a repeated hour have times.
    /// </summary>
    public bool MatchesEveryHour => hours == EveryHour;

    /// <summary>Parses an expression. Returns false and sets <paramref name="error"/> if it is invalid.</summary>
    public static bool TryParse(
        string text, [NotNullWhen(true)] out CronExpression? expression, [NotNullWhen(false)] out string? error)
    {
        expression = null;
        if (text.Length > LongestText)
        {
            error = $"has {text.Length} characters; at most {LongestText} are allowed";
            return false;
        }

        var trimmed = text.Trim(' ', '\t');
        var fields = trimmed;
        if (trimmed.StartsWith('@'))
        {
            fields = Array.Find(Shorthands, known => known.Name.Equals(trimmed, StringComparison.OrdinalIgnoreCase)).Fields;
            if (fields is null)
            {
                error = $"has an unknown name; allowed are {string.Join(", ", Shorthands.Select(known => known.Name))}";
                return false;
            }
        }

        expression = Read(text, fields.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries), out error);
        if (expression is null)
            error ??= "is not a cron expression";
        return expression is not null;
    }

    /// <summary>
    /// Returns the first local time at or after <paramref name="local"/>, in whole seconds; null if there is none by
    /// the end of <paramref name="lastYear"/>.
    /// </summary>
    /// <param name="local">A time without a fraction of a second.</param>
    /// <param name="lastYear">
    /// The last year to search: at most 9998, to stay within the range of <see cref="DateTime"/>.
    /// </param>
    public DateTime? AtOrAfter(DateTime local, int lastYear)
    {
        var date = local.Date;
        if (days.Matches(date) && TimeAtOrAfter(local.TimeOfDay) is { } today)
            return date + today;
        while (true)
        {
            date = days.HasMonth(date.Month) ? date.AddDays(1) : new DateTime(date.Year, date.Month, 1).AddMonths(1);
            if (date.Year > lastYear)
                return null;
            if (days.Matches(date))
                return date + TimeAtOrAfter(TimeSpan.Zero);
        }
    }

    private static CronExpression? Read(string text, string[] fields, out string? error)
    {
        if (fields.Length is not (5 or 6))
        {
            error = $"has {fields.Length} fields; expected 5 (minute, hour, day of month, month, day of week) "
                + "or 6 (with seconds first)";
            return null;
        }

        error = null;
        var seconds = fields.Length == 6 ? CronField.Second.Read(fields[0], out error) : 1;
        if (error is not null)
            return null;
        var rest = fields[^5..];
        var minutes = CronField.Minute.Read(rest[0], out error);
        if (error is not null)
            return null;
        var hours = CronField.Hour.Read(rest[1], out error);
        if (error is not null)
            return null;
        return CronDays.Read(rest[2], rest[3], rest[4], out error) is { } days
            ? new CronExpression(text, seconds, minutes, hours, days)
            : null;
    }

    // Returns the first time of a matching day at or after a time of day; null if the day has none left. A field that
    // has no value left carries one over to the next larger field.
    private TimeSpan? TimeAtOrAfter(TimeSpan from)
    {
        var second = NextBit(seconds, from.Seconds);
        var minute = NextBit(minutes, from.Minutes + (second < 0 ? 1 : 0));
        var hour = NextBit(hours, from.Hours + (minute < 0 ? 1 : 0));
        if (hour < 0)
            return null;
        if (hour > from.Hours || minute < 0)
            return new TimeSpan(hour, NextBit(minutes, 0), NextBit(seconds, 0));
        return new TimeSpan(hour, minute, minute > from.Minutes || second < 0 ? NextBit(seconds, 0) : second);
    }

    // Returns the lowest set bit at or above a position, or -1 if there is none.
    private static int NextBit(ulong mask, int from)
    {
        var left = from > 63 ? 0 : mask >> from;
        return left == 0 ? -1 : from + BitOperations.TrailingZeroCount(left);
    }
}
