using OrleansTasks.Schedules;

namespace OrleansTasks.Client.Schedules;

/// <summary>
/// Computes how many slots the times of schedules will need, in steps of equal length. It handles overlapping runs as
/// the schedules will, and assumes that runs take as long as earlier ones. Times are Unix milliseconds, without jitter.
/// </summary>
/// <param name="from">The beginning of the first step.</param>
/// <param name="step">The length of a step in milliseconds.</param>
/// <param name="count">The number of steps.</param>
internal sealed class ScheduleLoad(long from, long step, int count)
{
    // The number of loop steps left, to bound the time spent on dense schedules: this many take some tens of
    // milliseconds.
    private int left = 2_000_000;

    /// <summary>The number of slots that each step needs on average.</summary>
    public double[] SlotsNeeded { get; } = new double[count];

    /// <summary>Whether there were too many times to process.</summary>
    public bool IsCut => left <= 0;

    private long End => from + (step * count);

    /// <summary>Adds the times of a schedule.</summary>
    /// <param name="times">Its times.</param>
    /// <param name="overlap">What the schedule does if the previous run has not ended.</param>
    /// <param name="run">The duration and slots of a run.</param>
    public void Add(Timetable times, Overlap overlap, ScheduleRun run)
    {
        var (begin, freeAt) = (long.MinValue, long.MinValue);
        // A run that starts before the first step may reach into it.
        for (var at = times.Next(from - run.Took - 1); at < End && left-- > 0; at = times.Next(at.Value))
        {
            var isBusy = overlap != Overlap.Allow && at < freeAt;
            if (isBusy && (overlap == Overlap.Skip || begin > at))
                continue;
            begin = isBusy ? freeAt : at.Value;
            freeAt = begin + run.Took;
            Spread(begin, freeAt, run.Slots);
        }
    }

    private void Spread(long begin, long end, double slots)
    {
        for (var i = (int)Math.Max(0, (begin - from) / step); i < count && from + (i * step) < end && left-- > 0; i++)
        {
            var within = Math.Min(end, from + ((i + 1) * step)) - Math.Max(begin, from + (i * step));
            SlotsNeeded[i] += slots * Math.Max(0, within) / step;
        }
    }
}
