using OrleansTasks.Jobs;
using OrleansTasks.Queues;

namespace OrleansTasks.Dispatch.Throttling;

/// <summary>
/// What the operator allows a queue: whether and how many tasks may be given to nodes now, and whether
/// new tasks are accepted. <see cref="Matching"/> asks before it assigns, <see cref="SlotDemands"/> before it asks nodes
/// for slots, and <see cref="DispatchCore"/> before it accepts tasks. Times are Unix milliseconds of the wall clock.
/// </summary>
/// <remarks>
/// <code>
/// paused          nothing is assigned
/// maxRunning      tasks and chunk runs that nodes hold; a smaller number ends nothing
/// maxDepth        scheduled and queued tasks, not chunk runs; only new tasks and retries by a user are refused
/// rate, burst     starts of tasks, not of chunk runs: in any time t at most rate * t + burst
/// </code>
/// The rate is kept by the generic cell rate algorithm (GCRA): one number, the theoretical time of the next start. Each
/// start moves it by the interval between starts (1 / rate), from the present at least. A start is allowed as long as the
/// number is less than burst intervals ahead. The number is stored with every commit that starts a task, so the limit
/// holds over restarts.
/// </remarks>
internal sealed class QueueLimits(string queue)
{
    private const long NanosPerMilli = 1_000_000;
    private const double NanosPerSecond = 1e9;

    /// <summary>
    /// With a fast rate, starts are collected for this long, so that each wakes not a round of its own.
    /// </summary>
    private const double CollectNanos = 10 * NanosPerMilli;

    private readonly RateMeter meter = new();

    /// <summary>How many tasks and chunk runs were started in all.</summary>
    private long starts;

    /// <summary>The theoretical time of the next start, in Unix nanoseconds.</summary>
    private long startsFrom;

    // When the last task was assigned under the present settings.
    private long lastStart = long.MaxValue;

    // The nanoseconds between two starts at the rate, 0 without a rate; and by how many the theoretical time may be ahead
    // of the present.
    private long interval;
    private long tolerance;

    /// <summary>The settings that hold; the defaults as long as none are known.</summary>
    public QueueSettings Settings { get; private set; } = QueueSettings.DefaultOf(queue);

    /// <summary>Takes the settings, at the start and after every change.</summary>
    public void Configure(QueueSettings settings, long now)
    {
        Settings = settings;
        lastStart = long.MaxValue;
        interval = settings.RatePerSecond is { } rate ? (long)(NanosPerSecond / rate) : 0;
        tolerance = settings.EffectiveBurst is { } burst ? burst * interval : 0;
        Restore(startsFrom, now);
    }

    /// <summary>
    /// Takes the stored theoretical time. It is cut to what starts until now can have made of it, so that a clock that
    /// was set back does not stop the queue.
    /// </summary>
    public void Restore(long stored, long now) => startsFrom = Math.Min(stored, (now * NanosPerMilli) + tolerance);

    /// <summary>How many more tasks and chunk runs may be given to nodes.</summary>
    /// <param name="leased">How many nodes hold now.</param>
    public int Slots(int leased) =>
        Settings.Paused ? 0 : Settings.MaxRunning is { } most ? Math.Max(0, most - leased) : int.MaxValue;

    /// <summary>How many tasks may start now by the rate.</summary>
    public int Starts(long now)
    {
        if (interval == 0)
            return int.MaxValue;
        var time = now * NanosPerMilli;
        return (int)Math.Clamp((time + tolerance - Math.Max(startsFrom, time)) / interval, 0, int.MaxValue);
    }

    /// <summary>How many tasks, or runs of chunks, may be given to nodes now.</summary>
    public int Allowance(bool ofChunks, int leased, long now) =>
        ofChunks ? Slots(leased) : Math.Min(Slots(leased), Starts(now));

    /// <summary>
    /// When, after <see cref="Starts"/> was 0, tasks may start again: several, if the rate is fast.
    /// <see cref="long.MaxValue"/> without a rate.
    /// </summary>
    public long NextStart
    {
        get
        {
            if (interval == 0)
                return long.MaxValue;
            var several = Math.Clamp((long)(CollectNanos / interval), 1, Math.Max(1, Settings.EffectiveBurst!.Value / 2));
            var at = startsFrom + (several * interval) - tolerance;
            return (at + NanosPerMilli - 1) / NanosPerMilli;
        }
    }

    /// <summary>A task or the run of a chunk is given to a node.</summary>
    public void Start(bool isChunk, long now, CommitDraft draft)
    {
        meter.Note(now, ++starts);
        if (interval == 0 || isChunk)
            return;
        lastStart = now;
        startsFrom = Math.Max(startsFrom, now * NanosPerMilli) + interval;
        draft.StartsFrom = startsFrom;
    }

    /// <summary>
    /// An attempt at a task never started: it does not count as a start, unless others have started since it was assigned.
    /// Taking it back then would let more start within a short time than the limit allows.
    /// </summary>
    public void TakeBack(long assignedAt, CommitDraft draft)
    {
        if (interval == 0 || assignedAt < lastStart)
            return;
        startsFrom -= interval;
        draft.StartsFrom = startsFrom;
    }

    /// <summary>
    /// How long the sender of so many new tasks should wait before the next try, in milliseconds: about until so many
    /// have started as are too many now. Null when the tasks may be accepted.
    /// </summary>
    /// <param name="more">How many tasks are to be accepted.</param>
    /// <param name="depth">How many tasks are scheduled and queued now.</param>
    /// <param name="now">The time.</param>
    public long? RefusalOf(int more, long depth, long now)
    {
        if (more == 0 || Settings.MaxDepth is not { } most || depth + more <= most)
            return null;
        var rate = meter.Rate(now, starts);
        var seconds = rate > 0 ? (depth + more - most) / rate : double.PositiveInfinity;
        return (long)(1_000 * Math.Clamp(seconds, 1, 60));
    }

    /// <summary>The wall clock was set forward by <paramref name="by"/> milliseconds (negative: back).</summary>
    public void ClockStepped(long by)
    {
        if (startsFrom > 0)
            startsFrom += by * NanosPerMilli;
        // Leases keep the time of their assignment.
        lastStart = long.MaxValue;
        meter.ClockStepped(by);
    }
}
