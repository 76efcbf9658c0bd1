using OrleansTasks.Cluster;

namespace OrleansTasks.Client.Figures;

/// <summary>
/// Three series with quantiles of durations. Each resolution counts the durations of its own open step, because the
/// quantile of a long step cannot be computed from those of short steps. Not thread-safe.
/// </summary>
/// <param name="quantiles">The series, each with the share of durations that are at most its value.</param>
internal sealed class QuantileSeries(IReadOnlyList<(FigureSeries Series, double Share)> quantiles)
{
    private readonly (long Step, long[] Counts)[] open =
        [.. SeriesSpan.All.Select(static _ => (-1L, new long[DurationBuckets.Count]))];

    /// <summary>Adds the durations of one second, as counts per bucket of <see cref="DurationBuckets"/>.</summary>
    public void Note(long second, ReadOnlySpan<long> counts)
    {
        for (var i = 0; i < open.Length; i++)
        {
            ref var at = ref open[i];
            var step = SeriesSpan.All[i].StepAt(second);
            if (step < at.Step)
                continue;
            if (step > at.Step)
            {
                Finish(i, step);
                at.Step = step;
            }

            for (var bucket = 0; bucket < counts.Length; bucket++)
                at.Counts[bucket] += counts[bucket];
        }
    }

    /// <summary>Finishes the open step of a resolution if it is before the given step.</summary>
    public void Finish(int resolution, long before)
    {
        ref var at = ref open[resolution];
        if (at.Step < 0 || at.Step >= before)
            return;
        foreach (var (series, share) in quantiles)
        {
            series.Note(resolution, at.Step, DurationBuckets.Quantile(at.Counts, share, long.MaxValue) / 1_000d);
            series.Finish(resolution, before);
        }

        Array.Clear(at.Counts);
        at.Step = -1;
    }
}
