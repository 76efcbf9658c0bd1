using OrleansTasks.Tasks;

namespace OrleansTasks.Nodes;

/// <summary>
/// Decides how many tasks a worker is sent beyond its slots. While its tasks are short, as many as it has slots; while
/// they are very short, 80 ms of work, sixteen to 32 times as many; of chunks that take microseconds, 20 ms of work:
/// then a slot that has become free takes the next one at once instead of waiting for a commit. None while tasks are
/// long, since a task that waits behind a long one could run elsewhere; the worker puts back what has waited for more
/// than a moment. Never more than the worker says that it holds: it would refuse them, and be sent them again.
/// </summary>
/// <param name="slots">How many tasks the worker runs at once.</param>
/// <param name="most">How many commands it holds beyond them; of chunks, 32 times as many.</param>
internal sealed class Prefetch(int slots, int most)
{
    private const double ShortRun = 25;
    private const double VeryShortRun = 5;
    private const double Command = 2.5;
    private const double CommandsAheadTime = 80;
    private const int LeastCommandsAhead = 16;
    private const int MostCommandsAhead = 32;
    private const double ChunksAheadTime = 20;
    private const int MostChunksAhead = 1000;
    private const int ChunksForCommand = 32;
    private const double Microsecond = 0.001;
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
            : slots * Ahead();
        // What takes less than a command does is chunks.
        extra = Math.Min(extra, average < Command ? ChunksForCommand * most : most);
        var changed = extra != Extra;
        Extra = extra;
        return changed;

        int Ahead()
        {
            var time = Math.Max(average, Microsecond);
            var commands = Math.Clamp(CommandsAheadTime / time, LeastCommandsAhead, MostCommandsAhead);
            var chunks = Math.Min(ChunksAheadTime / time, MostChunksAhead);
            return (int)Math.Max(commands, chunks);
        }
    }
}
