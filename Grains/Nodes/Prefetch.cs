using OrleansTasks.Tasks;

namespace OrleansTasks.Nodes;

/// <summary>
/// Decides how many tasks a worker is sent beyond its slots. Without them, a slot is idle until the result is committed
/// and the next task is assigned, which is much of the time if tasks are short. Lives as long as the session. All times
/// are milliseconds.
/// </summary>
/// <remarks>
/// The number depends on the average time of the latest tasks, commands and chunks:
/// <code>
/// 25 ms and more    none: a task that waits behind a long one could run elsewhere
/// 5 to 25 ms        one for each slot
/// 0.625 to 5 ms     for each slot 80 ms of work, but at least 16 and at most 32 tasks
/// below 0.625 ms    for each slot 20 ms of work, at most 1000 tasks; only chunks are so short
/// </code>
/// It never exceeds what the worker said that it can hold, because the worker would refuse the rest again and again.
/// </remarks>
internal sealed class Prefetch(int slots, int most)
{
    private const double ShortRun = 25;
    private const double VeryShortRun = 5;

    /// <summary>Minimum time of a command, since its process starts and ends. A lower average means chunks.</summary>
    private const double LeastCommandTime = 2.5;
    private const double CommandsAheadTime = 80;
    private const int LeastCommandsAhead = 16;
    private const int MostCommandsAhead = 32;
    private const double ChunksAheadTime = 20;
    private const int MostChunksAhead = 1000;
    private const int ChunksForCommand = 32;
    private const double Microsecond = 0.001;

    /// <summary>Weight of the newest result in the moving average.</summary>
    private const double Weight = 0.1;

    /// <summary>Results needed before a task is sent ahead, initially and after each refusal.</summary>
    private const int Proof = 16;

    // NaN before the first result. A refusal does not reset it.
    private double average = double.NaN;

    // Results since the last refusal, at most Proof.
    private int known;

    /// <summary>How many tasks the worker may be sent beyond its slots.</summary>
    public int Extra { get; private set; }

    /// <summary>Takes a report: ended attempts, and the number not started. Returns whether Extra changed.</summary>
    public bool Learn(ImmutableArray<AttemptResult> results, int refused)
    {
        foreach (var result in results)
        {
            // Only chunks have a report; their processor time is in microseconds. Commands' run times are whole
            // milliseconds.
            var time = result.Report.IsEmpty ? Math.Max(result.RunTime, LeastCommandTime) : result.CpuTime / 1000.0;
            average = double.IsNaN(average) ? time : average + (Weight * (time - average));
            known = Math.Min(known + 1, Proof);
        }

        if (refused > 0)
            known = 0;
        var extra = known < Proof || average >= ShortRun ? 0
            : average >= VeryShortRun ? slots
            : slots * AheadOfSlot();
        // The worker holds 32 times as many chunks as commands. An average below LeastCommandTime means chunks.
        extra = Math.Min(extra, average < LeastCommandTime ? ChunksForCommand * most : most);
        var changed = extra != Extra;
        Extra = extra;
        return changed;

        int AheadOfSlot()
        {
            // The average can be 0, and is a divisor.
            var time = Math.Max(average, Microsecond);
            var commands = Math.Clamp(CommandsAheadTime / time, LeastCommandsAhead, MostCommandsAhead);
            var chunks = Math.Min(ChunksAheadTime / time, MostChunksAhead);
            return (int)Math.Max(commands, chunks);
        }
    }
}
