namespace OrleansTasks.Schedules;

/// <summary>When a schedule has occurrences, and how it handles those that overlap or are late.</summary>
/// <param name="Times">The times of the occurrences.</param>
/// <param name="Overlap">What happens to an occurrence while an earlier start has not ended.</param>
/// <param name="StartWithin">The delay in milliseconds after which an unprocessed occurrence counts as missed.</param>
/// <param name="CatchUp">Which missed occurrences run later.</param>
/// <param name="CatchUpLimit">
/// With <see cref="CatchUp.All"/>, the maximum number of missed occurrences that run: 1–1,000.
/// </param>
/// <param name="Jitter">The maximum delay of a start in milliseconds. See <see cref="ScheduleJitter"/>.</param>
public sealed record SchedulePlan(
    Timetable Times,
    Overlap Overlap = Overlap.Skip,
    long StartWithin = SchedulePlan.DefaultStartWithin,
    CatchUp CatchUp = CatchUp.None,
    int CatchUpLimit = SchedulePlan.DefaultCatchUpLimit,
    long Jitter = 0)
{
    /// <summary>One minute: a restart of the service that takes less misses nothing.</summary>
    public const long DefaultStartWithin = 60_000;

    /// <summary>The default number of missed occurrences that <see cref="CatchUp.All"/> runs.</summary>
    public const int DefaultCatchUpLimit = 100;

    /// <summary>What happens to a time in a blackout of the queue.</summary>
    public OnBlackout OnBlackout { get; init; }

    /// <summary>
    /// How many milliseconds after an occurrence's time its task, job or workflow should have ended; null for no
    /// expectation.
    /// </summary>
    public long? ExpectBy { get; init; }

    /// <summary>The folder whose files start occurrences; null if the times do.</summary>
    public WatchedFolder? Files { get; init; }

    /// <summary>Maximum number of missed occurrences that run later.</summary>
    public int MostCaughtUp => CatchUp switch
    {
        CatchUp.None => 0,
        CatchUp.One => 1,
        _ => CatchUpLimit,
    };
}
