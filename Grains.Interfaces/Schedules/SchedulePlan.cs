namespace OrleansTasks.Schedules;

/// <summary>When a schedule has occurrences, and what becomes of those that overlap or are late.</summary>
/// <param name="Times">When it has occurrences.</param>
/// <param name="Overlap">What happens while something that it started has not ended.</param>
/// <param name="StartWithin">An occurrence that is looked at later than this is missed; milliseconds.</param>
/// <param name="CatchUp">Which missed occurrences are run later.</param>
/// <param name="CatchUpLimit">With <see cref="CatchUp.All"/>: how many, 1–1,000.</param>
/// <param name="Jitter">Occurrences start later by a part of this; milliseconds. See <see cref="ScheduleJitter"/>.</param>
public sealed record SchedulePlan(
    Timetable Times,
    Overlap Overlap = Overlap.Skip,
    long StartWithin = SchedulePlan.DefaultStartWithin,
    CatchUp CatchUp = CatchUp.None,
    int CatchUpLimit = SchedulePlan.DefaultCatchUpLimit,
    long Jitter = 0)
{
    /// <summary>A minute: a restart of the service within it misses nothing.</summary>
    public const long DefaultStartWithin = 60_000;

    /// <summary>How many missed occurrences <see cref="CatchUp.All"/> runs when nothing is said.</summary>
    public const int DefaultCatchUpLimit = 100;

    /// <summary>How many missed occurrences are run later at most.</summary>
    public int MostCaughtUp => CatchUp switch
    {
        CatchUp.None => 0,
        CatchUp.One => 1,
        _ => CatchUpLimit,
    };
}
