using OrleansTasks.Client.Figures;

namespace OrleansTasks.Client.Attention;

/// <summary>How many tasks of a queue fail, computed from the series.</summary>
/// <param name="Failed">The number of tasks that failed in the last five minutes.</param>
/// <param name="Ended">The number of tasks that ended in that time, successfully or not.</param>
/// <param name="Usual">
/// The mean number of failures in five minutes over the last day; null if less than an hour of it is known.
/// </param>
/// <param name="Since">When the failures began, in Unix milliseconds; null if there are none.</param>
/// <param name="Starts">Whether a task has started in the last minute.</param>
internal readonly record struct FailureFigures(long Failed, long Ended, double? Usual, long? Since, bool Starts)
{
    // Indexes into SeriesSpan.All, then numbers of steps: Fine steps last 10 seconds, Coarse steps five minutes.
    private const int Fine = 1;
    private const int Coarse = SeriesSpan.Stored;
    private const int RecentSteps = 30;
    private const int MinuteSteps = 6;
    private const int DaySteps = 288;
    private const int HourSteps = 12;

    /// <summary>Reads the figures of a queue. The last five minutes do not count towards the usual number.</summary>
    public static FailureFigures Of(SeriesBook book, string queue, long now)
    {
        FigureSeries? Named(string name) => book.Find(new SeriesId(name, "queue", queue));
        var (failed, succeeded, started) = (Named("tasks.failed"), Named("tasks.succeeded"), Named("tasks.started"));
        var fine = SeriesSpan.All[Fine].StepAt(now);
        var recent = (long)(failed?.Over(Fine, fine - RecentSteps, RecentSteps) ?? 0);
        var ended = recent + (long)(succeeded?.Over(Fine, fine - RecentSteps, RecentSteps) ?? 0);
        var coarse = SeriesSpan.All[Coarse].StepAt(now) - 1;
        var known = failed is null ? 0 : Enumerable.Range(1, DaySteps)
            .Count(back => !float.IsNaN(failed.Ring(Coarse)[coarse - back]));
        double? usual = known < HourSteps ? null : (failed!.Over(Coarse, coarse - DaySteps, DaySteps) ?? 0) / known;
        return new FailureFigures(
            recent, ended, usual, recent > 0 ? BeganAt(failed!.Ring(Fine), fine, usual) : null,
            started?.Over(Fine, fine - MinuteSteps, MinuteSteps) > 0);
    }

    // Goes back as long as each five minutes have enough failures to need attention, and returns the first failure in
    // the earliest of these.
    private static long BeganAt(StepRing failed, long before, double? usual)
    {
        var least = Math.Max(AttentionRules.LeastFailures, (usual ?? 0) * AttentionRules.ManyTimesUsual);
        var from = before - RecentSteps;
        while (Sum(failed, from - RecentSteps) >= least)
            from -= RecentSteps;
        while (!(failed[from] > 0) && from < before)
            from++;
        return from * SeriesSpan.All[Fine].Seconds * 1_000;
    }

    private static double Sum(StepRing ring, long from)
    {
        var sum = 0d;
        for (var step = from; step < from + RecentSteps; step++)
            sum += float.IsNaN(ring[step]) ? 0 : ring[step];
        return sum;
    }
}
