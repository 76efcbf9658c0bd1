
using OrleansTasks.Queues;

namespace OrleansTasks.Dispatch.Forecasting;

/// <summary>
/// What passed through a queue in the last five minutes, or since its owner began, and what held its tasks back
/// meanwhile. Counts in steps of five seconds, in about 6 KB once anything has passed. Times are Unix milliseconds.
/// </summary>
internal sealed class QueueFlow(long began)
{
    /// <summary>How far back the flow reaches, in milliseconds.</summary>
    public const long Window = QueueHold.Window;

    private const long Step = 5_000;
    private const int Steps = (int)(Window / Step);

    // How many steps show whether tasks arrive faster than they start.
    private const int RecentSteps = 12;

    // By the step's number modulo Steps; null until something has passed.
    private Bucket[]? buckets;
    private FlowTotals noted;
    private HoldCause cause;
    private long at = began;

    /// <summary>When the owner began.</summary>
    public long Began { get; private set; } = began;

    /// <summary>What has held tasks back since the last <see cref="Note"/>.</summary>
    public HoldCause Cause => cause;

    /// <summary>
    /// Notes the end of a round: what has passed until now, and what holds back the tasks that are left.
    /// </summary>
    public void Note(long now, in FlowTotals totals, HoldCause holds)
    {
        Hold(now);
        var passed = totals.Since(noted);
        if (passed is not { Arrived: 0, Started: 0, Ended: 0 })
            BucketOf(now).Passed.Add(passed);
        (noted, cause) = (totals, holds);
    }

    /// <summary>Returns from when on the flow is known: at most five minutes ago.</summary>
    public long Since(long now) => Began + (FirstStep(now) * Step);

    /// <summary>Returns what has passed since <see cref="Since"/>.</summary>
    public FlowTotals Passed(long now)
    {
        var passed = new FlowTotals();
        foreach (ref readonly var bucket in Known(now, FirstStep(now)))
            passed.Add(bucket.Passed);
        return passed;
    }

    /// <summary>
    /// Returns the shares of the time since <see cref="Since"/> in which tasks were queued, by what held them back,
    /// largest first.
    /// </summary>
    public ImmutableArray<HeldShare> Shares(long now)
    {
        Hold(now);
        var held = new long[HoldCauses.Count];
        foreach (ref readonly var bucket in Known(now, FirstStep(now)))
        {
            for (var i = 0; i < held.Length; i++)
                held[i] += bucket.Held?[i] ?? 0;
        }

        var all = (double)held.Sum();
        return
        [
            .. held.Select((time, i) => (Cause: (HoldCause)i, Time: time)).Where(static one => one.Time > 0)
                .OrderByDescending(static one => one.Time).ThenBy(static one => one.Cause)
                .Select(one => new HeldShare(one.Cause.Code(), one.Time / all)),
        ];
    }

    /// <summary>
    /// Returns how many tasks a second will probably arrive: the mean of the last minute without its one or two busiest
    /// steps, because a batch that came once says nothing about the tasks to come.
    /// </summary>
    public double ArrivalsToCome(long now)
    {
        var last = StepOf(now);
        var first = Math.Max(0, last - RecentSteps + 1);
        var counts = new long[last - first + 1];
        // Buckets without use have the number 0 and no arrivals.
        foreach (ref readonly var bucket in Known(now, first))
            counts[bucket.Number - first] += bucket.Passed.Arrived;
        var lengths = counts.Select((_, i) => Math.Min(Step, now - Began - ((first + i) * Step))).ToArray();
        var left = counts.Length > RecentSteps / 2 ? 2 : 1;
        var kept = counts.Zip(lengths).OrderByDescending(static one => one.First).Skip(left).ToArray();
        var time = kept.Sum(static one => one.Second);
        return time <= 0 ? 0 : kept.Sum(static one => one.First) * 1_000.0 / time;
    }

    /// <summary>Moves times by the number of milliseconds that the clock was set forward (negative: back).</summary>
    public void ClockStepped(long by) => (Began, at) = (Began + by, at + by);

    // The time since the last call goes to the cause that was noted then.
    private void Hold(long now)
    {
        if (cause != HoldCause.None)
        {
            for (var from = Math.Max(at, Since(now)); from < now;)
            {
                ref var bucket = ref BucketOf(from);
                var to = Math.Min(now, Began + ((bucket.Number + 1) * Step));
                (bucket.Held ??= new long[HoldCauses.Count])[(int)cause] += to - from;
                from = to;
            }
        }

        at = Math.Max(at, now);
    }

    private long StepOf(long time) => Math.Max(0, time - Began) / Step;

    // The first step that begins in the window.
    private long FirstStep(long now) => Math.Max(0, (now - Window - Began + Step - 1) / Step);

    private ref Bucket BucketOf(long time)
    {
        var number = StepOf(time);
        ref var bucket = ref (buckets ??= new Bucket[Steps + 1])[number % (Steps + 1)];
        if (bucket.Number != number)
        {
            bucket.Held?.AsSpan().Clear();
            bucket = new Bucket { Number = number, Held = bucket.Held };
        }

        return ref bucket;
    }

    private ReadOnlySpan<Bucket> Known(long now, long first)
    {
        if (buckets is null)
            return [];
        var last = StepOf(now);
        return buckets.Where(bucket => bucket.Number >= first && bucket.Number <= last).ToArray();
    }

    private struct Bucket
    {
        public long Number;
        public FlowTotals Passed;

        // In milliseconds, by cause; null while nothing was held.
        public long[]? Held;
    }
}
