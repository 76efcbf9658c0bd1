using OrleansTasks.Tasks;

namespace OrleansTasks.Nodes;

/// <summary>
/// Decides how many tasks a worker is sent ahead, that is, beyond its slots. They wait at the worker for a free slot.
/// Without them, a slot would stay empty until the result is committed and the next task is assigned,
/// which is much of the time when tasks are short.
/// <see cref="NodeSession"/> calls <see cref="Learn"/> with each report of the worker,
/// and then divides <see cref="Extra"/> more slots among the queues than the worker has.
/// Lives as long as the session, and begins with no task ahead. All times are milliseconds.
/// </summary>
/// <remarks>
/// The number goes by the average time of the worker's latest tasks.
/// A task here is a command or a chunk, a part of a data job, which may take only microseconds.
/// <code>
/// 25 ms and more    none: a task that waits behind a long one could run elsewhere
/// 5 to 25 ms        one for each slot
/// 0.625 to 5 ms     for each slot 80 ms of work, but at least 16 and at most 32 tasks
/// below 0.625 ms    for each slot 20 ms of work, at most 1000 tasks; only chunks are so short
/// </code>
/// Two rules limit what the table gives.
/// No task is sent ahead before 16 results are known, at first and again after each refusal.
/// No more tasks are sent ahead than the worker said that it holds: it would refuse the others, again and again.
/// </remarks>
/// <param name="slots">How many tasks the worker runs at once.</param>
/// <param name="most">
/// How many commands the worker holds beyond its slots; 0 for none. It holds 32 times as many chunks.
/// </param>
internal sealed class Prefetch(int slots, int most)
{
    private const double ShortRun = 25;
    private const double VeryShortRun = 5;

    /// <summary>
    /// The least time that is counted for a command: its process must start and end. So a lower average shows chunks.
    /// </summary>
    private const double LeastCommandTime = 2.5;
    private const double CommandsAheadTime = 80;
    private const int LeastCommandsAhead = 16;
    private const int MostCommandsAhead = 32;
    private const double ChunksAheadTime = 20;
    private const int MostChunksAhead = 1000;
    private const int ChunksForCommand = 32;
    private const double Microsecond = 0.001;

    /// <summary>The share of a new result in the moving average.</summary>
    private const double Weight = 0.1;

    /// <summary>The number of results that must be known before a task is sent ahead.</summary>
    private const int Proof = 16;

    // The moving average of the tasks' times; not a number before the first result. A refusal does not reset it.
    private double average = double.NaN;

    // The number of results since the last refusal, at most Proof.
    private int known;

    /// <summary>How many tasks the worker may be sent beyond its slots.</summary>
    public int Extra { get; private set; }

    /// <summary>Takes a report of the worker. Returns true when <see cref="Extra"/> has changed.</summary>
    /// <param name="results">The attempts that ended.</param>
    /// <param name="refused">
    /// How many attempts the worker did not start.
    /// If there are any, no task is sent ahead until 16 more results are known.
    /// </param>
    public bool Learn(ImmutableArray<AttemptResult> results, int refused)
    {
        foreach (var result in results)
        {
            // Only chunks have a report. Their processor time is in microseconds.
            // The run time of commands is in whole milliseconds, and a command takes its slot for longer,
            // because its process must start and end.
            var time = result.Report.IsEmpty ? Math.Max(result.RunTime, LeastCommandTime) : result.CpuTime / 1000.0;
            average = double.IsNaN(average) ? time : average + (Weight * (time - average));
            known = Math.Min(known + 1, Proof);
        }

        if (refused > 0)
            known = 0;
        var extra = known < Proof || average >= ShortRun ? 0
            : average >= VeryShortRun ? slots
            : slots * AheadOfSlot();
        // The worker holds more chunks than commands. An average below LeastCommandTime shows that there are chunks.
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
