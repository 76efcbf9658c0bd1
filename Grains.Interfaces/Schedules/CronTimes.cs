using System.Diagnostics.CodeAnalysis;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Schedules;

/// <summary>
/// The instants of a cron expression in a time zone. Each call returns a later instant than the one that it is given, so
/// a schedule cannot start twice for one time, whatever the zone's clocks do. Immutable. Times are Unix milliseconds; instants
/// are whole seconds.
/// </summary>
public sealed class CronTimes
{
    /// <summary>How many years are searched for the next time.</summary>
    public const int YearsAhead = 100;

    // Two instants so far apart that no change of a zone's offset concerns both.
    private static readonly TimeSpan Apart = TimeSpan.FromDays(2);

    private readonly CronExpression expression;
    private readonly ZoneClock clock;

    /// <summary>Adds a zone to an expression.</summary>
    public CronTimes(CronExpression expression, TimeZoneInfo zone)
    {
        this.expression = expression;
        clock = new ZoneClock(zone);
    }

    /// <summary>Finds a time zone by its IANA name, such as <c>Europe/Berlin</c> or <c>UTC</c>.</summary>
    public static bool TryFindZone(string name, [NotNullWhen(true)] out TimeZoneInfo? zone) =>
        ZoneClock.TryFind(name, out zone);

    /// <summary>
    /// Returns the first instant later than <paramref name="after"/>; null when there is none in
    /// <see cref="YearsAhead"/> years. An <paramref name="after"/> before 1970 counts as the end of 1969.
    /// </summary>
    public long? Next(long after)
    {
        after = Timestamps.Within(after);
        // The whole second at or before it. Instants are whole seconds, so the next one is at least a second later.
        var from = DateTime.UnixEpoch.AddSeconds(Math.Max(-1, Math.DivRem(after, 1000).Quotient - (after < 0 ? 1 : 0)));
        if (from.Year >= 9998)
            return null;
        var lastYear = Math.Min(from.Year + YearsAhead, 9998);
        var next = expression.MatchesEveryHour ? NextElapsed(from, lastYear) : NextLocal(from, lastYear);
        return next is { } instant ? (instant.Ticks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerMillisecond : null;
    }

    // Local times in their order. Later local times never have earlier instants, so the first that is late enough is
    // the answer; those of a gap, and those of the second pass of a doubled hour, are passed over here.
    private DateTime? NextLocal(DateTime from, int lastYear)
    {
        var local = clock.ToLocal(from);
        while (expression.AtOrAfter(local.AddSeconds(1), lastYear) is { } next)
        {
            var instant = clock.ToUtc(next);
            if (instant > from)
                return instant;
            local = next;
        }

        return null;
    }

    // Instants in their order: the first whose local time matches. Between two changes of the zone's offset, local time
    // goes as instants do.
    private DateTime? NextElapsed(DateTime from, int lastYear)
    {
        var instant = from.AddSeconds(1);
        while (true)
        {
            var local = clock.ToLocal(instant);
            if (expression.AtOrAfter(local, lastYear) is not { } next)
                return null;
            var candidate = instant + (next - local);
            var near = candidate - instant > Apart + Apart ? instant + Apart : candidate;
            if (clock.FirstChange(instant, near) is { } change)
                instant = change;
            else if (near == candidate)
                return candidate;
            else
                instant = candidate - Apart;
        }
    }
}
