using OrleansTasks.Tasks;

namespace OrleansTasks.Nodes;

/// <summary>
/// Decides how many tasks a worker is sent beyond its slots, so that a slot that becomes free takes the next task at once instead of
/// waiting for a commit. It goes by the average time of the tasks that the worker reported, and begins with none:
/// <code>
/// average of 25 ms and more      none: a task that waits behind a long one could run elsewhere
/// from 5 ms to 25 ms             as many as slots
/// below 5 ms                     for each slot the larger of 80 ms of work (at least 16, at most 32) and 20 ms of work (at most 1000)
/// </code>
/// Never more than the worker says that it holds: the worker would refuse them, and be sent them again. All times are milliseconds.
/// </summary>
/// <param name="slots">How many tasks the worker runs at once.</param>
/// <param name="most">How many commands the worker holds beyond its slots; of chunks, 32 times as many.</param>
internal sealed class Prefetch(int slots, int most)
{
    private const double ShortRun = 25;
    private const double VeryShortRun = 5;

    /// <summary>The least time that a command takes to start and to end. A shorter average is of chunks.</summary>
    private const double Command = 2.5;
    private const double CommandsAheadTime = 80;
    private const int LeastCommandsAhead = 16;
    private const int MostCommandsAhead = 32;
    private const double ChunksAheadTime = 20;
    private const int MostChunksAhead = 1000;
    private const int ChunksForCommand = 32;
    private const double Microsecond = 0.001;

    /// <summary>How much a new result counts in the average.</summary>
    private const double Weight = 0.1;

    /// <summary>How many results are needed, at first and after the worker refused a task, before any is sent ahead.</summary>
    private const int Proof = 16;

    // Of the tasks' times; not a number before the first result.
    private double average = double.NaN;

    // Results since the last refusal, up to Proof.
    private int known;

    /// <summary>How many tasks the worker is sent beyond its slots.</summary>
    public int Extra { get; private set; }

    /// <summary>Takes in what the worker has reported; true when <see cref="Extra"/> has changed.</summary>
    /// <param name="results">The attempts that ended.</param>
    /// <param name="refused">How many attempts the worker gave back; if any, nothing is sent ahead for a while.</param>
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
