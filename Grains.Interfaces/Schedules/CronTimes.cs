using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using OrleansTasks.Processing.Cron;
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

    // Looking for changes of a zone's offset goes through all days up to this far ahead.
    private static readonly TimeSpan NotesAhead = TimeSpan.FromDays(3_660);

    private readonly CronExpression expression;
    private readonly ZoneClock clock;
    private readonly string zoneName;

    /// <summary>Combines an expression with a time zone.</summary>
    public CronTimes(CronExpression expression, TimeZoneInfo zone)
    {
        this.expression = expression;
        clock = new ZoneClock(zone);
        zoneName = zone.Id;
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

    /// <summary>
    /// Describes the first changes of the zone's clocks after <paramref name="from"/> and up to <paramref name="to"/>,
    /// in sentences, with what they mean for the expression's times. Looks about ten years ahead.
    /// </summary>
    /// <param name="from">The time before the first change.</param>
    /// <param name="to">The time of the last change, at the latest.</param>
    /// <param name="most">The maximum number of changes.</param>
    public IEnumerable<string> Notes(long from, long to, int most)
    {
        var (start, end) = (InstantOf(from), InstantOf(to));
        end = end - start > NotesAhead ? start + NotesAhead : end;
        for (; most > 0 && clock.FirstChange(start, end) is { } change; most--, start = change)
            yield return NoteOn(change);
    }

    private static DateTime InstantOf(long time) =>
        DateTime.UnixEpoch.AddMilliseconds(Math.Clamp(time, 0, Timestamps.Latest));

    private string NoteOn(DateTime change)
    {
        // What the clocks would have shown without the change, and what they show.
        var (old, now) = (clock.ToLocal(change.AddSeconds(-1)).AddSeconds(1), clock.ToLocal(change));
        var isForward = now > old;
        var text = string.Create(
            CultureInfo.InvariantCulture,
            $"On {old:yyyy-MM-dd}, clocks in {zoneName} go {(isForward ? "forward" : "back")} from {old:HH:mm} to {now:HH:mm}.");
        var (first, end) = isForward ? (old, now) : (now, old);
        if (expression.AtOrAfter(first, first.Year) is not { } time || time >= end)
            return text;
        return text + (expression.MatchesEveryHour, isForward) switch
        {
            (true, true) => " Times that do not exist are skipped.",
            (true, false) => " Times that occur twice run twice.",
            (false, true) => string.Create(CultureInfo.InvariantCulture, $" {time:HH:mm} does not exist; the schedule runs at {now:HH:mm}."),
            (false, false) => string.Create(CultureInfo.InvariantCulture, $" {time:HH:mm} occurs twice; the schedule runs once, at the first."),
        };
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
