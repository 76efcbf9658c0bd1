using OrleansTasks.Cluster;

namespace OrleansTasks.Client.Figures;

/// <summary>
/// Three series with the quantiles of durations. Each resolution counts the durations of its own open step, because the
/// quantile of a long step does not follow from those of short ones. Not thread-safe.
/// </summary>
/// <param name="quantiles">The series, with the share of durations that lie below each.</param>
internal sealed class QuantileSeries(IReadOnlyList<(FigureSeries Series, double Share)> quantiles)
{
    private readonly (long Step, long[] Counts)[] open =
        [.. SeriesSpan.All.Select(static _ => (-1L, new long[DurationBuckets.Count]))];

    /// <summary>Adds durations of a second, as counts by <see cref="DurationBuckets"/>.</summary>
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

    /// <summary>Finishes the open step of a resolution if it lies before a step.</summary>
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
