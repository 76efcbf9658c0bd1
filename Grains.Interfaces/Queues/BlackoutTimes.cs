using OrleansTasks.Calendars;

namespace OrleansTasks.Queues;

/// <summary>When a queue starts nothing. Immutable. Times are Unix milliseconds.</summary>
public sealed class BlackoutTimes
{
    /// <summary>A queue without blackouts.</summary>
    public static readonly BlackoutTimes None = new([], CalendarSet.Empty);

    private readonly ImmutableArray<CalendarTimes> times;

    /// <summary>Creates the times of blackouts. A calendar that does not exist has none.</summary>
    public BlackoutTimes(ImmutableArray<Blackout> blackouts, CalendarSet calendars)
    {
        ArgumentNullException.ThrowIfNull(calendars);
        var spans = CalendarTimes.Of(blackouts.Where(static one => one is { From: not null, To: not null })
            .Select(static one => (one.From!.Value, one.To!.Value)));
        times =
        [
            .. spans.Count > 0 ? [spans] : ImmutableArray<CalendarTimes>.Empty,
            .. blackouts.Select(one => one.Calendar is { } name && calendars.TryFind(name, out var found) ? found : null)
                .OfType<CalendarTimes>().Distinct(),
        ];
    }

    /// <summary>
    /// Returns the end of the blackout at a time; null if there is none. <see cref="long.MaxValue"/>: no end is known.
    /// </summary>
    public long? EndAt(long time)
    {
        var end = time;
        // Blackouts that overlap or touch are one. Each step passes a span, and none is passed twice.
        while (end < long.MaxValue && EndOfSpanAt(end) is { } later)
            end = later;
        return end == time ? null : end;
    }

    private long? EndOfSpanAt(long time)
    {
        foreach (var one in times)
        {
            if (one.At(time) is { IsIn: true, Until: var until })
                return until;
        }

        return null;
    }
}
