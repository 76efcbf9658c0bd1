using OrleansTasks.Tasks;

namespace OrleansTasks.Nodes;

/// <summary>
/// Decides how many tasks a worker is sent beyond its slots. While its tasks are short, as many as it has slots; while they are very
/// short, sixteen times as many; of chunks that take microseconds, 20 ms of work: then a slot that has become free takes the next one
/// at once instead of waiting for a commit. None while tasks are long, since a task that
/// waits behind a long one could run elsewhere; the worker puts back what has waited for more than a moment.
/// </summary>
internal sealed class Prefetch(int slots)
{
    private const double ShortRun = 25;
    private const double VeryShortRun = 5;
    private const int MostAhead = 16;
    private const double Command = 2.5;
    private const double AheadTime = 20;
    private const int MostChunksAhead = 1000;
    private const double Weight = 0.1;
    private const int Proof = 16;
    private double average = double.NaN;
    private int known;

    /// <summary>How many more tasks than slots.</summary>
    public int Extra { get; private set; }

    /// <summary>Takes in what the worker has reported; true when <see cref="Extra"/> has changed.</summary>
    public bool Learn(ImmutableArray<AttemptResult> results, int refused)
    {
        foreach (var result in results)
        {
            // A chunk's time is known to the microsecond; a command takes its time to start and to end besides.
            var time = result.Report.IsEmpty ? Math.Max(result.RunTime, Command) : result.CpuTime / 1000.0;
            average = double.IsNaN(average) ? time : average + (Weight * (time - average));
            known = Math.Min(known + 1, Proof);
        }

        if (refused > 0)
            known = 0;
        var extra = known < Proof || average >= ShortRun ? 0
            : average >= VeryShortRun ? slots
            : slots * (int)Math.Clamp(AheadTime / Math.Max(average, 0.001), MostAhead, MostChunksAhead);
        var changed = extra != Extra;
        Extra = extra;
        return changed;
    }
}
