using OrleansTasks.Calendars;
using OrleansTasks.Jobs;
using OrleansTasks.Queues;

namespace OrleansTasks.Dispatch.Throttling;

/// <summary>
/// The operator's limits on a queue: how many tasks may be assigned to nodes now, and whether new tasks are accepted.
/// Times are Unix milliseconds of the wall clock.
/// </summary>
/// <remarks>
/// <code>
/// paused          nothing is assigned
/// blackouts       nothing is assigned at these times
/// maxRunning      tasks and chunk runs that nodes hold; lowering it ends nothing
/// maxDepth        scheduled and queued tasks, not chunk runs; only new tasks and retries by a user are refused
/// rate, burst     starts of tasks, not of chunk runs: in any time t at most rate * t + burst
/// </code>
/// The generic cell rate algorithm (GCRA) enforces the rate with one number, the theoretical time of the next start.
/// Each start advances it by the interval between starts (1 / rate), from the present if it is in the past. A start is
/// allowed while the number is at most burst - 1 intervals ahead. Every commit that starts a task stores the number, so
/// the limit holds across restarts.
/// </remarks>
internal sealed class QueueLimits(string queue)
{
    private const long NanosPerMilli = 1_000_000;
    private const double NanosPerSecond = 1e9;

    /// <summary>How long to collect the starts of a fast rate, instead of running one round for each.</summary>
    private const double CollectNanos = 10 * NanosPerMilli;

    private readonly RateMeter meter = new();

    private long starts;

    /// <summary>The theoretical time of the next start, in Unix nanoseconds.</summary>
    private long startsFrom;

    // When the last task was assigned under the present settings; long.MaxValue if no start can be taken back.
    private long lastStart = long.MaxValue;

    // In nanoseconds: the time between two starts, 0 without a rate; and how far the theoretical time may be ahead.
    private long interval;
    private long tolerance;

    private BlackoutTimes blackouts = BlackoutTimes.None;

    /// <summary>The settings in force; the defaults until they are known.</summary>
    public QueueSettings Settings { get; private set; } = QueueSettings.DefaultOf(queue);

    /// <summary>The end of the present blackout, as of the last <see cref="Look"/>; null outside blackouts.</summary>
    public long? BlackoutUntil { get; private set; }

    /// <summary>Returns whether a time is in a blackout.</summary>
    public bool IsBlackout(long time) => blackouts.EndAt(time) is not null;

    /// <summary>Notes whether there is a blackout. Each round begins with this.</summary>
    public void Look(long now) => BlackoutUntil = blackouts.EndAt(now);

    /// <summary>Applies new settings. Starts under the old settings can no longer be taken back.</summary>
    public void Configure(QueueSettings settings, long now, CalendarSet calendars)
    {
        Settings = settings;
        blackouts = settings.Blackouts.IsDefaultOrEmpty ? BlackoutTimes.None : new BlackoutTimes(settings.Blackouts, calendars);
        Look(now);
        lastStart = long.MaxValue;
        interval = settings.RatePerSecond is { } rate ? (long)(NanosPerSecond / rate) : 0;
        tolerance = settings.EffectiveBurst is { } burst ? burst * interval : 0;
        Restore(startsFrom, now);
    }

    /// <summary>
    /// Applies the stored theoretical time, capped at the latest that starts until now can have produced. Otherwise, a
    /// clock that was set back would stop the queue.
    /// </summary>
    public void Restore(long stored, long now) => startsFrom = Math.Min(stored, (now * NanosPerMilli) + tolerance);

    /// <summary>
    /// Returns how many more tasks and chunk runs may be at nodes, in addition to <paramref name="leased"/>.
    /// </summary>
    public int Slots(int leased) =>
        Settings.Paused || BlackoutUntil is not null ? 0 : Settings.MaxRunning is { } most ? Math.Max(0, most - leased) : int.MaxValue;

    /// <summary>Returns how many tasks the rate allows to start now.</summary>
    public int Starts(long now)
    {
        if (interval == 0)
            return int.MaxValue;
        var time = now * NanosPerMilli;
        return (int)Math.Clamp((time + tolerance - Math.Max(startsFrom, time)) / interval, 0, int.MaxValue);
    }

    /// <summary>
    /// When tasks may start again after <see cref="Starts"/> was 0: several at once if the rate is fast.
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
            // Round up to whole milliseconds.
            return (at + NanosPerMilli - 1) / NanosPerMilli;
        }
    }

    /// <summary>
    /// Counts the start of a task or chunk run. Under a rate, a task also moves the theoretical time.
    /// </summary>
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
    /// Takes back the start of a task that never started, unless others were assigned after it, because more could then
    /// start within a short time than the limit allows.
    /// </summary>
    public void TakeBack(long assignedAt, CommitDraft draft)
    {
        if (interval == 0 || assignedAt < lastStart)
            return;
        startsFrom -= interval;
        draft.StartsFrom = startsFrom;
    }

    /// <summary>
    /// Returns how many milliseconds the sender of <paramref name="more"/> new tasks should wait: about until the
    /// excess has started, from 1 to 60 seconds. Returns null if the tasks may be accepted. <paramref name="depth"/>
    /// counts scheduled and queued tasks.
    /// </summary>
    public long? RefusalOf(int more, long depth, long now)
    {
        if (more == 0 || Settings.MaxDepth is not { } most || depth + more <= most)
            return null;
        var rate = meter.Rate(now, starts);
        var seconds = rate > 0 ? (depth + more - most) / rate : double.PositiveInfinity;
        return (long)(1_000 * Math.Clamp(seconds, 1, 60));
    }

    /// <summary>
    /// Moves times after the wall clock was set forward by <paramref name="by"/> milliseconds (negative: back).
    /// </summary>
    public void ClockStepped(long by)
    {
        if (startsFrom > 0)
            startsFrom += by * NanosPerMilli;
        // No start before the step can be taken back.
        lastStart = long.MaxValue;
        meter.ClockStepped(by);
    }
}
