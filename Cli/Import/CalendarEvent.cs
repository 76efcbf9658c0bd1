using System.Globalization;
using System.Text.RegularExpressions;
using static System.FormattableString;

namespace OrleansTasks.Cli.Import;

/// <summary>
/// Translates the calendar events of systemd, such as <c>Mon..Fri *-*-* 09:00</c>, into cron expressions.
/// </summary>
internal static partial class CalendarEvent
{
    private static readonly Dictionary<string, string> Names = new(StringComparer.OrdinalIgnoreCase)
    {
        ["minutely"] = "*-*-* *:*:00",
        ["hourly"] = "*-*-* *:00:00",
        ["daily"] = "*-*-* 00:00:00",
        ["weekly"] = "Mon *-*-* 00:00:00",
        ["monthly"] = "*-*-01 00:00:00",
        ["quarterly"] = "*-01,04,07,10-01 00:00:00",
        ["semiannually"] = "*-01,07-01 00:00:00",
        ["yearly"] = "*-01-01 00:00:00",
        ["annually"] = "*-01-01 00:00:00",
    };

    private static readonly string[] Days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];

    /// <summary>Returns the expression and the time zone; null for the zone if the event names none.</summary>
    /// <exception cref="NotSupportedException">No expression means the same; the message says why.</exception>
    /// <exception cref="FormatException">This is not a calendar event.</exception>
    public static (string Cron, string? Zone) ToCron(string text)
    {
        var words = text.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries).ToList();
        string? zone = null;
        if (words.Count > 1 && TimeZoneInfo.TryFindSystemTimeZoneById(words[^1], out var found) && found.HasIanaId)
        {
            zone = words[^1];
            words.RemoveAt(words.Count - 1);
        }

        if (words is [var name] && Names.TryGetValue(name, out var known))
            words = [.. known.Split(' ')];
        var weekdays = words.Count > 0 && Weekdays().IsMatch(words[0]) ? Take(words) : "*";
        var date = words.Count > 0 && words[0].Contains('-') ? Take(words) : "*-*-*";
        var time = words.Count > 0 && words[0].Contains(':') ? Take(words) : "00:00:00";
        if (words.Count > 0)
            throw new FormatException($"'{words[0]}' is not a part of a calendar event");
        var (month, day) = DateOf(date);
        var week = weekdays == "*" ? "*" : WeekOf(weekdays);
        if (week != "*" && day != "*")
            (week, day) = (NumberedDay(week, day), "*");
        var clock = time.Split(':');
        if (clock.Length > 3)
            throw new FormatException($"'{time}' is not a time of day");
        var (hour, minute) = (Values(clock[0], 0), Values(clock[1], 0));
        var second = clock.Length == 3 ? Values(clock[2], 0) : "0";
        var fields = $"{minute} {hour} {day} {month} {week}";
        return (second == "0" ? fields : $"{second} {fields}", zone);
    }

    private static string Take(List<string> words)
    {
        var first = words[0];
        words.RemoveAt(0);
        return first;
    }

    private static (string Month, string Day) DateOf(string date)
    {
        // A tilde counts days from the end of the month.
        var match = Date().Match(date);
        if (!match.Success)
            throw new FormatException($"'{date}' is not a date");
        if (match.Groups["year"].Value is not ("" or "*"))
            throw new NotSupportedException($"'{date}' names a year, and a schedule repeats each year");
        var month = Values(match.Groups["month"].Value, 1);
        var day = match.Groups["day"].Value;
        if (match.Groups["end"].Value != "~")
            return (month, Values(day, 1));
        if (!int.TryParse(day, out var back) || back is < 1 or > 28)
            throw new NotSupportedException($"'{date}' counts several days from the end of a month");
        return (month, back == 1 ? "L" : $"L-{back - 1}");
    }

    // The first Monday of a month is written as a Monday among the days 1 to 7.
    private static string NumberedDay(string week, string day)
    {
        var numbers = day switch { "1-7" => 1, "8-14" => 2, "15-21" => 3, "22-28" => 4, "29-31" => 5, _ => 0 };
        if (numbers == 0 || week.Contains('-'))
        {
            throw new NotSupportedException(
                "it asks for a day of the week and of the month at once, and cron starts on both");
        }

        return string.Join(',', week.Split(',').Select(one => $"{one}#{numbers}"));
    }

    private static string WeekOf(string text) =>
        string.Join(',', text.Split(',').Select(static part => string.Join('-', Range(part).Select(DayOf))));

    private static string DayOf(string day) =>
        Days.FirstOrDefault(known => day.Length >= 3 && day.StartsWith(known, StringComparison.OrdinalIgnoreCase))
            ?.ToUpperInvariant()
        ?? throw new FormatException($"'{day}' is not a day of the week");

    private static string[] Range(string part) =>
        part.Contains("..", StringComparison.Ordinal) ? part.Split("..") : part.Split('-');

    // Lists, ranges with two dots, and repetitions. Cron writes a range with a dash.
    private static string Values(string text, int least)
    {
        if (text is "*")
            return "*";
        return string.Join(',', text.Split(',').Select(part =>
        {
            var match = Value().Match(part);
            if (!match.Success)
                throw new FormatException($"'{text}' is not a list of numbers");
            var (from, to, step) = (match.Groups["from"].Value, match.Groups["to"].Value, match.Groups["step"].Value);
            if (from.Contains('.') || step.Contains('.'))
                throw new NotSupportedException($"'{text}' has parts of a second");
            var begin = from == "*" ? Invariant($"{least}") : Number(from);
            var range = to.Length > 0 ? $"{begin}-{Number(to)}" : begin;
            return step.Length == 0 ? range : $"{range}/{Number(step)}";
        }));
    }

    // Without leading zeros.
    private static string Number(string digits) => Invariant($"{int.Parse(digits, CultureInfo.InvariantCulture)}");

    [GeneratedRegex(@"\A[A-Za-z]{3,9}([,.-]+[A-Za-z]{3,9})*,?\z", RegexOptions.ExplicitCapture)]
    private static partial Regex Weekdays();

    [GeneratedRegex(@"\A(?:(?<year>[^-~]+)-)?(?<month>[^-~]+)(?<end>[-~])(?<day>[^-~]+)\z",
        RegexOptions.ExplicitCapture)]
    private static partial Regex Date();

    [GeneratedRegex(
        @"\A(?<from>\*|[0-9]{1,2}(\.[0-9]+)?)(\.\.(?<to>[0-9]{1,2}))?(/(?<step>[0-9]{1,2}(\.[0-9]+)?))?\z",
        RegexOptions.ExplicitCapture)]
    private static partial Regex Value();
}
