using OrleansTasks.Calendars;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Schedules;

/// <summary>
/// When a schedule has occurrences: at the times of a cron expression, or at a fixed period counted from an anchor;
/// never before <c>startAt</c>, and never at or after <c>endAt</c>. Immutable. Times are in Unix milliseconds.
/// </summary>
public sealed class Timetable
{
    // Timestamps cannot represent this time or later ones.
    private const long Last = Timestamps.Latest + 1;

    private readonly CronTimes? cron;
    private readonly long every;
    private readonly long anchor;
    private readonly long startAt;
    private readonly long endAt;

    // The calendars that leave times out; null if there are none.
    private readonly ImmutableArray<string> only = [];
    private readonly ImmutableArray<string> except = [];
    private readonly CalendarFilter? filter;

    private Timetable(CronTimes? cron, long every, long anchor, long startAt, long endAt) =>
        (this.cron, this.every, this.anchor, this.startAt, this.endAt) = (cron, every, anchor, startAt, endAt);

    private Timetable(Timetable all, ImmutableArray<string> only, ImmutableArray<string> except, CalendarSet calendars)
        : this(all.cron, all.every, all.anchor, all.startAt, all.endAt) =>
        (this.only, this.except, filter) = (only, except, new CalendarFilter(only, except, calendars));

    /// <summary>Whether calendars leave times out.</summary>
    public bool HasCalendars => filter is not null;

    /// <summary>Creates the timetable of a cron expression.</summary>
    /// <param name="times">The expression with its time zone.</param>
    /// <param name="startAt">The earliest time of an occurrence; null for no bound.</param>
    /// <param name="endAt">Occurrences end before this time; null for never.</param>
    public static Timetable OfCron(CronTimes times, long? startAt, long? endAt) =>
        new(times, 0, 0, startAt ?? long.MinValue, endAt ?? Last);

    /// <summary>
    /// Creates the timetable of a fixed period of elapsed time. The first occurrence is at <paramref name="startAt"/>
    /// if given, otherwise one period after <paramref name="createdAt"/>.
    /// </summary>
    /// <param name="period">The period in milliseconds, at least 1.</param>
    /// <param name="createdAt">When the schedule was created.</param>
    /// <param name="startAt">The time of the first occurrence; null to count from the creation.</param>
    /// <param name="endAt">Occurrences end before this time; null for never.</param>
    public static Timetable OfPeriod(long period, long createdAt, long? startAt, long? endAt)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(period);
        var anchor = startAt ?? createdAt;
        return new Timetable(null, period, anchor, startAt ?? createdAt + 1, endAt ?? Last);
    }

    /// <summary>Returns the same times without those that fall out by calendars.</summary>
    public Timetable Within(ImmutableArray<string> only, ImmutableArray<string> except, CalendarSet calendars) =>
        only.IsEmpty && except.IsEmpty ? this : new Timetable(this, only, except, calendars);

    /// <summary>Returns the same times as other versions of the calendars leave them.</summary>
    public Timetable With(CalendarSet calendars) => Within(only, except, calendars);

    /// <summary>Returns why a time falls out by calendars; null if it does not.</summary>
    public CalendarExclusion? ExclusionOf(long time) => filter?.At(time);

    /// <summary>
    /// Returns the first time later than <paramref name="after"/> that calendars leave; null if there is none.
    /// </summary>
    public long? Next(long after)
    {
        // Each step passes a span of a calendar, and calendars have a bounded number of them.
        while (NextOfAll(after) is { } next)
        {
            if (ExclusionOf(next) is not { } exclusion)
                return next;
            if (exclusion.Until == long.MaxValue)
                return null;
            after = exclusion.Until - 1;
        }

        return null;
    }

    /// <summary>
    /// Returns the first time later than <paramref name="after"/>, even if it falls out; null if there is none.
    /// </summary>
    public long? NextOfAll(long after)
    {
        // Times within the calendar cannot overflow the arithmetic below.
        after = Math.Clamp(after, Timestamps.Earliest - 1, Timestamps.Latest);
        after = Math.Max(after, startAt == long.MinValue ? after : startAt - 1);
        var next = cron is not null ? cron.Next(after) : anchor + (FloorDivide(after - anchor, every) + 1) * every;
        return next < endAt ? next : null;
    }

    /// <inheritdoc cref="CronTimes.Notes"/>
    /// <remarks>A fixed period of elapsed time has none.</remarks>
    public IEnumerable<string> Notes(long from, long to, int most) =>
        cron?.Notes(Math.Max(from, startAt), to, most) ?? [];

    private static long FloorDivide(long value, long divisor)
    {
        var (quotient, rest) = Math.DivRem(value, divisor);
        return rest < 0 ? quotient - 1 : quotient;
    }
}
