using System.Diagnostics.CodeAnalysis;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Schedules;

/// <summary>
/// The instants of a cron expression in a time zone. Each call returns an instant later than the given one, so a
/// schedule cannot start twice for one time, however the zone's clocks change. Immutable. Times are in Unix
/// milliseconds; instants are whole seconds.
/// </summary>
public sealed class CronTimes
{
    /// <summary>How many years ahead the next time is searched for.</summary>
    public const int YearsAhead = 100;

    // No change of a zone's offset affects both of two instants that are this far apart.
    private static readonly TimeSpan Apart = TimeSpan.FromDays(2);

    private readonly CronExpression expression;
    private readonly ZoneClock clock;

    /// <summary>Combines an expression with a time zone.</summary>
    public CronTimes(CronExpression expression, TimeZoneInfo zone)
    {
        this.expression = expression;
        clock = new ZoneClock(zone);
    }

    /// <summary>Finds a time zone by its IANA name, such as <c>Europe/Berlin</c> or <c>UTC</c>.</summary>
    public static bool TryFindZone(string name, [NotNullWhen(true)] out TimeZoneInfo? zone) =>
        ZoneClock.TryFind(name, out zone);

    /// <summary>
    /// Returns the first instant later than <paramref name="after"/>; null if there is none within
    /// <see cref="YearsAhead"/> years. A value before 1970 counts as the end of 1969.
    /// </summary>
    public long? Next(long after)
    {
        after = Timestamps.Within(after);
        // The last whole second at or before it. Instants are whole seconds, so the next one is at least a second
        // later.
        var from = DateTime.UnixEpoch.AddSeconds(Math.Max(-1, Math.DivRem(after, 1000).Quotient - (after < 0 ? 1 : 0)));
        if (from.Year >= 9998)
            return null;
        var lastYear = Math.Min(from.Year + YearsAhead, 9998);
        var next = expression.MatchesEveryHour ? NextElapsed(from, lastYear) : NextLocal(from, lastYear);
        return next is { } instant ? (instant.Ticks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerMillisecond : null;
    }

    // Searches local times in order. A later local time never has an earlier instant, so the first one that is late
    // enough is the answer. This skips local times in a gap and in the second pass of a repeated hour.
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

    // Searches instants in order for the first whose local time matches. Between two changes of the zone's offset,
    // local time advances with elapsed time. If the match is far away, the search resumes shortly before it with the
    // offset of that time.
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
