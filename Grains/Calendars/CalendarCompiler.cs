using Ical.Net;
using Ical.Net.CalendarComponents;
using Ical.Net.DataTypes;
using Ical.Net.Evaluation;
using NodaTime.TimeZones;
using OrleansTasks.Schedules;
using Calendar = Ical.Net.Calendar;

// The newer properties hide an event's further rules and its EXRULEs, which cost as much to evaluate as its first rule.
#pragma warning disable CS0618

namespace OrleansTasks.Calendars;

/// <summary>
/// Computes the times of a calendar for the coming years with the library Ical.Net (RFC 5545). A hostile rule can make
/// any such library work for minutes, so rules that repeat within a day are refused, and everything else is counted.
/// </summary>
internal static class CalendarCompiler
{
    private const int MostEvents = 2_000;
    private const int MostRepeating = 200;
    private const int MostOfCount = 4_000;
    private const int MostOfAllCounts = 20_000;
    private const int MostInterval = 1_000;

    // Counted before touching times are merged.
    private const int MostTimes = 10_000;

    // Steps of a rule that find nothing: ten years of days.
    private const int MostUnmatched = 3_700;

    // The same for rules without a file, in years: one after the other could find nothing. 29 February is a Monday
    // every 28 years, or every 40 around 2100.
    private const int MostYearsUnmatched = 40;

    private const string TooCostly =
        "has rules that are too costly together: they repeat too often, list too much, or begin too long ago";

    // What one step of a rule may try.
    private const int MostCombinations = 2_000;

    // What all rules of a calendar may try: some seconds.
    private const int MostCost = 2_000_000;

    private static readonly TimeSpan Past = TimeSpan.FromDays(400);
    private static readonly TimeSpan LongestEvent = TimeSpan.FromDays(366);

    /// <summary>Returns the time up to which the times are computed now.</summary>
    public static long EndOf(long now) => (long)(DateTime.UnixEpoch.AddMilliseconds(now).AddYears(ServiceLimits.CalendarYears) - DateTime.UnixEpoch).TotalMilliseconds;

    /// <summary>Computes the times from somewhat more than a year ago. Returns null if there are faults.</summary>
    public static CalendarTimes? Compile(CalendarSpec spec, long now, ImmutableArray<CalendarFault>.Builder faults)
    {
        var today = DateTime.UnixEpoch.AddMilliseconds(now);
        var run = new Compilation(spec, today - Past, today.AddYears(ServiceLimits.CalendarYears), faults);
        var times = run.Times();
        if (faults.Count == 0 && times.Count > ServiceLimits.CalendarSpans)
        {
            faults.Add(new CalendarFault(
                "$", $"has {times.Count} separate times in the next {ServiceLimits.CalendarYears} years; at most {ServiceLimits.Count(ServiceLimits.CalendarSpans)} are allowed"));
        }

        return faults.Count == 0 ? times : null;
    }

    private sealed class Compilation(CalendarSpec spec, DateTime from, DateTime to, ImmutableArray<CalendarFault>.Builder faults)
    {
        private readonly ZoneClock clock = new(spec.Zone);
        private readonly Dictionary<string, ZoneClock> zones = new(StringComparer.Ordinal);
        private readonly List<(long From, long To)> spans = [];

        // What the rules so far may try.
        private double cost;

        public CalendarTimes Times()
        {
            foreach (var day in spec.Days)
                AddDay(day.ToDateTime(TimeOnly.MinValue));
            for (var i = 0; i < spec.Rules.Length; i++)
                AddRule(spec.Rules[i], $"rules[{i}]");
            if (spec.Ics is { Length: > 0 } ics)
                AddFile(ics);
            return CalendarTimes.Of(spans);
        }

        private void AddDay(DateTime day) => spans.Add((Instant(clock, day), Instant(clock, day.AddDays(1))));

        private void AddRule(string text, string path)
        {
            if (string.IsNullOrWhiteSpace(text))
            {
                faults.Add(new CalendarFault(path, "is not an RRULE of RFC 5545: it is empty"));
                return;
            }

            RecurrencePattern rule;
            try
            {
                rule = new RecurrencePattern(text.StartsWith("RRULE:", StringComparison.Ordinal) ? text[6..] : text);
            }
            catch (Exception fault) when (IsOfLibrary(fault))
            {
                faults.Add(new CalendarFault(path, $"is not an RRULE of RFC 5545: {Line(fault)}"));
                return;
            }

            if (FaultOf(rule) is { } broken)
                faults.Add(new CalendarFault(path, broken));
            else if (rule.Interval > 1 || rule.Count is not null)
                faults.Add(new CalendarFault(path, "has no start from which INTERVAL or COUNT could count; use an event in ics for such a rule"));
            else if (rule.Frequency != FrequencyType.Daily && rule.ByDay.Count + rule.ByMonthDay.Count + rule.ByYearDay.Count == 0)
                faults.Add(new CalendarFault(path, "does not say which days it means; give BYDAY, BYMONTHDAY or BYYEARDAY"));
            else
            {
                var start = new CalDateTime(from.Year - 1, 1, 1);
                var calendar = new Calendar();
                calendar.Events.Add(new CalendarEvent { Start = start, RecurrenceRules = [rule] });
                var stepsOfYears = (int)(MostYearsUnmatched * 366 / DaysOf(rule.Frequency));
                if (TryPay(start, rule))
                    Add(calendar, path, Math.Min(MostUnmatched, stepsOfYears));
                else
                    faults.Add(new CalendarFault(path, TooCostly));
            }
        }

        private void AddFile(string ics)
        {
            Calendar? calendar;
            try
            {
                calendar = Calendar.Load(ics);
            }
            catch (Exception fault) when (IsOfLibrary(fault))
            {
                faults.Add(new CalendarFault("ics", $"is not a calendar of RFC 5545: {Line(fault)}"));
                return;
            }

            if (calendar is null)
                faults.Add(new CalendarFault("ics", "is not a calendar of RFC 5545: it has no VCALENDAR"));
            else if (FaultOf(calendar) is { } fault)
                faults.Add(new CalendarFault("ics", fault));
            else
                Add(calendar, "ics", MostUnmatched);
        }

        private string? FaultOf(Calendar calendar)
        {
            // A cancelled event that replaces an occurrence stays: it takes that occurrence out of the recurring event.
            var cancelled = calendar.Events.Where(static one => IsCancelled(one) && one.RecurrenceId is null).ToArray();
            foreach (var one in cancelled)
                calendar.Events.Remove(one);
            if (calendar.Events.Count > MostEvents)
                return $"has {calendar.Events.Count} events; at most {ServiceLimits.Count(MostEvents)} are allowed";
            // An event may have several rules, and each costs as much as an event of its own.
            var repeating = calendar.Events.Sum(static one => one.RecurrenceRules.Count);
            if (repeating > MostRepeating)
                return $"has {repeating} rules of events that repeat; at most {MostRepeating} are allowed";
            var counted = 0L;
            foreach (var one in calendar.Events)
            {
                var what = $"the event '{(one.Summary is { Length: > 60 } summary ? summary[..60] : one.Summary)}'";
                if (one.Start is not { } start)
                    return $"has no DTSTART: {what}";
                if (one.ExceptionRules.Count > 0)
                    return $"has an EXRULE, which RFC 5545 no longer allows: {what}";
                if (one.RecurrenceRules.Select(FaultOf).FirstOrDefault(static fault => fault is not null) is { } fault)
                    return $"{fault}: {what}";
                if (!one.RecurrenceRules.All(rule => TryPay(start, rule)))
                    return TooCostly;
                counted += one.RecurrenceRules.Sum(static rule => rule.Count ?? 0);
            }

            return counted > MostOfAllCounts ? $"has rules whose COUNT adds up to more than {ServiceLimits.Count(MostOfAllCounts)}" : null;
        }

        // A rule that repeats within a day, or makes many times of a day, costs the library minutes.
        private static string? FaultOf(RecurrencePattern rule) => rule switch
        {
            { Frequency: FrequencyType.Secondly or FrequencyType.Minutely or FrequencyType.Hourly } => "has a rule that repeats more often than daily",
            { ByHour.Count: > 1 } or { ByMinute.Count: > 1 } or { BySecond.Count: > 1 } => "has a rule with several times of a day",
            { Count: > MostOfCount } => $"has a rule with a COUNT above {ServiceLimits.Count(MostOfCount)}",
            { Interval: > MostInterval } => $"has a rule with an INTERVAL above {ServiceLimits.Count(MostInterval)}",
            _ when CombinationsOf(rule) > MostCombinations => "has a rule whose lists have too many combinations",
            _ => null,
        };

        // Days between two steps of a rule.
        private static double DaysOf(FrequencyType frequency) => frequency switch
        {
            FrequencyType.Weekly => 7,
            FrequencyType.Monthly => 365.25 / 12,
            FrequencyType.Yearly => 365.25,
            _ => 1,
        };

        // How many days one step of a rule tries, roughly. The library keeps values that a list repeats.
        private static double CombinationsOf(RecurrencePattern rule)
        {
            var days = rule.ByDay.Count;
            if (rule.Frequency is FrequencyType.Daily or FrequencyType.Weekly)
                return 1 + rule.ByMonth.Count + rule.ByMonthDay.Count + days + rule.BySetPosition.Count;
            var daysOfOneName = rule.ByWeekNo.Count > 0 ? 1
                : rule.Frequency == FrequencyType.Monthly || rule.ByMonth.Count > 0 ? 5
                : 53;
            return (Of(rule.ByMonth.Count) * Of(7 * rule.ByWeekNo.Count) * Of(rule.ByYearDay.Count)
                * Of(rule.ByMonthDay.Count) * Of(days * daysOfOneName)) + rule.BySetPosition.Count;

            static double Of(int count) => Math.Max(1, count);
        }

        // Counts what a rule may try. The library walks through all steps since the event's start, and from the first
        // time that is wanted, or with a COUNT from the start, it tries all combinations of each step.
        private bool TryPay(CalDateTime start, RecurrencePattern rule)
        {
            var daysOfStep = DaysOf(rule.Frequency) * Math.Max(1, rule.Interval);
            var end = rule.Until?.Value is { } until && until < to ? until : to;
            var steps = Math.Max(0, (end - start.Value).TotalDays / daysOfStep) + 1;
            // A rule that names at most days of the week has a time in each seventh step at least.
            if (rule is
                {
                    Count: { } count, ByMonth.Count: 0, ByMonthDay.Count: 0, ByYearDay.Count: 0, ByWeekNo.Count: 0,
                    BySetPosition.Count: 0,
                })
                steps = Math.Min(steps, 7.0 * count);
            var tried = rule.Count is null ? Math.Min(steps, ((to - from).TotalDays / daysOfStep) + 1) : steps;
            cost += steps + (tried * CombinationsOf(rule));
            return cost <= MostCost;
        }

        private void Add(Calendar calendar, string path, int mostUnmatched)
        {
            try
            {
                var options = new EvaluationOptions { MaxUnmatchedIncrementsLimit = mostUnmatched };
                var count = 0;
                foreach (var occurrence in calendar.GetOccurrences<CalendarEvent>(new CalDateTime(from, "UTC"), options))
                {
                    var (start, end) = (occurrence.Period.StartTime, occurrence.Period.EffectiveEndTime ?? occurrence.Period.StartTime);
                    if (start.Value > to)
                        return;
                    if (++count > MostTimes)
                    {
                        faults.Add(new CalendarFault(path, $"has more than {ServiceLimits.Count(MostTimes)} times in the next {ServiceLimits.CalendarYears} years"));
                        return;
                    }

                    if (IsCancelled(occurrence.Source))
                        continue;
                    if (end.Value - start.Value > LongestEvent)
                        faults.Add(new CalendarFault(path, "has an event of more than 366 days"));
                    else
                        spans.Add((InstantOf(start), InstantOf(end)));
                }
            }
            catch (EvaluationLimitExceededException)
            {
                faults.Add(new CalendarFault(path, $"has a rule that matches no day for {ServiceLimits.CalendarYears} years"));
            }
            catch (Exception fault) when (IsOfLibrary(fault))
            {
                faults.Add(new CalendarFault(path, $"cannot be evaluated: {Line(fault)}"));
            }
        }

        private static bool IsCancelled(object source) => source is CalendarEvent { Status: "CANCELLED" };

        private long InstantOf(CalDateTime time) => Instant(ZoneOf(time.TzId), time.Value);

        private ZoneClock ZoneOf(string? name)
        {
            if (name is null)
                return clock;
            if (zones.TryGetValue(name, out var known))
                return known;
            // Outlook writes the names of Windows, which the platform knows only with ICU.
            var iana = TzdbDateTimeZoneSource.Default.WindowsMapping.PrimaryMapping.TryGetValue(name, out var converted) ? converted : name;
            return zones[name] = ZoneClock.TryFind(iana, out var zone) ? new ZoneClock(zone)
                : throw new FormatException($"the time zone '{name}' is unknown");
        }

        private static long Instant(ZoneClock zone, DateTime local) =>
            (zone.ToUtc(DateTime.SpecifyKind(local, DateTimeKind.Unspecified)).Ticks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerMillisecond;

        // The library has no exception of its own for what callers send, and it passes null where a property is
        // missing.
        private static bool IsOfLibrary(Exception fault) => fault is not (OutOfMemoryException or StackOverflowException);

        private static string Line(Exception fault)
        {
            var line = fault is NullReferenceException ? "a property is missing" : fault.Message.Split('\n')[0].Split(" (Parameter", 2)[0].Trim();
            return line.Length > 200 ? line[..200] : line;
        }
    }
}
