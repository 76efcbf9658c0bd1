namespace OrleansTasks.Schedules;

/// <summary>
/// Finds the instants of a cron expression the slow way: it looks at every minute of the years in turn and asks a
/// predicate, which the test writes beside the expression, about local times. It shares no code with the parser or
/// with <see cref="CronTimes"/>, except that both ask .NET for the zone's offset.
/// </summary>
internal sealed class CronOracle
{
    private const long Minute = 60_000;
    private readonly DateTime[] locals;
    private readonly DateTime localBefore;

    public CronOracle(string zone, int firstYear, int years)
    {
        Zone = TimeZoneInfo.FindSystemTimeZoneById(zone);
        var first = new DateTime(firstYear, 1, 1, 0, 0, 0, DateTimeKind.Utc);
        From = Milliseconds(first);
        Until = Milliseconds(first.AddYears(years));
        locals = new DateTime[(Until - From) / Minute];
        for (var i = 0; i < locals.Length; i++)
            locals[i] = Local(first.AddMinutes(i));
        localBefore = Local(first.AddMinutes(-1));
    }

    public TimeZoneInfo Zone { get; }

    /// <summary>The first instant that is looked at, in Unix milliseconds.</summary>
    public long From { get; }

    /// <summary>The instant after the last one that is looked at.</summary>
    public long Until { get; }

    /// <summary>The instants at which the expression has times, in order.</summary>
    /// <param name="matches">Whether a local time matches the expression.</param>
    /// <param name="matchesEveryHour">Whether the expression matches every hour of a day.</param>
    public IEnumerable<long> Times(Func<DateTime, bool> matches, bool matchesEveryHour)
    {
        // The latest local time so far. A doubled local time is not later, so it has had its turn.
        var latest = localBefore;
        for (var i = 0; i < locals.Length; i++)
        {
            var local = locals[i];
            if (matchesEveryHour ? matches(local) : IsReached(latest, local, matches))
                yield return From + i * Minute;
            if (local > latest)
                latest = local;
        }
    }

    // Whether a local time matches that clocks have reached or jumped over within the last minute.
    private static bool IsReached(DateTime latest, DateTime local, Func<DateTime, bool> matches)
    {
        for (var at = latest.AddMinutes(1); at <= local; at = at.AddMinutes(1))
        {
            if (matches(at))
                return true;
        }

        return false;
    }

    private static long Milliseconds(DateTime utc) => (utc - DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerMillisecond;

    private DateTime Local(DateTime utc) => utc + Zone.GetUtcOffset(utc);
}
