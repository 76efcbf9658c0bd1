
using OrleansTasks.Queues;
using OrleansTasks.Tasks;

namespace OrleansTasks.Dispatch.Forecasting;

/// <summary>
/// Observes a queue after each round, and tells from that when a waiting task will start and what will become of the
/// backlog. In memory only; begins anew with each owner. Decides nothing: without it, tasks would run just the same.
/// Times are Unix milliseconds, durations milliseconds. Every answer is as of the last round.
/// </summary>
internal sealed class Forecasts(
    OpenTasks tasks, NodeSet nodes, QueueLimits limits, Matching matching, StartEstimates estimates)
{
    // Rounds may follow each other within a millisecond, and looking at all signatures or nodes takes a while.
    private const long MeterPause = 50;
    private const long NodesPause = 250;
    private const long FirstSamplePause = 250;
    private const long SamplePause = 1_000;

    // Rates that differ by less than this fraction are the same.
    private const double Tolerance = 0.05;

    // The fractional parts of its successive multiples are spread evenly, however many there are.
    private const double GoldenRatio = 0.6180339887498949;

    private QueueFlow flow = new(0);
    private long at;
    private long meteredAt;
    private long nodesSeenAt;
    private long sampledAt;
    private double draw;
    private HoldCause atNodes;

    private int Backlog => tasks.Counts.Queued - tasks.Counts.QueuedChunks;

    // Runs of this queue's attempts: of the last minutes or, without any, of all since the owner began.
    private double? MeanRunTime => flow.Passed(at).MeanRunTime ?? tasks.Flow.MeanRunTime;

    /// <summary>Begins to count, when a new owner has taken over.</summary>
    public void Begin(long now) => (flow, at, meteredAt) = (new QueueFlow(now), now, now);

    /// <summary>Observes the queue at the end of a round's assignments.</summary>
    public void Note(long now)
    {
        at = now;
        // A backlog counts from the round in which it arises, however soon after another.
        if (now - meteredAt >= MeterPause || estimates.HasBacklog != Backlog > 0)
            Meter(now);
        flow.Note(now, tasks.Flow, Cause());
        if (Backlog > 0 && now - sampledAt >= (estimates.IsNew ? FirstSamplePause : SamplePause))
            Sample();
    }

    /// <summary>Returns when a queued task will probably start; null if that cannot be told.</summary>
    public StartEstimate? Of(in TaskSlot task) => WaitOf(in task) is { } wait ? estimates.Of(wait, at) : null;

    /// <summary>What holds tasks back now, and has held them back in the last five minutes.</summary>
    public QueueHold Hold => new(at, IsHeld, flow.Shares(at));

    /// <summary>Whether tasks are queued, as of the last round.</summary>
    public bool IsHeld => flow.Cause != HoldCause.None;

    /// <summary>Returns what passed through the queue and what will become of its backlog.</summary>
    public QueueForecast Forecast()
    {
        var (since, passed) = (flow.Since(at), flow.Passed(at));
        // Within the first second, a rate says nothing.
        var seconds = Math.Max(1_000, at - since) / 1_000.0;
        var slots = SlotsForQueued();
        var (trend, emptyAt) = Trend(passed, slots);
        return new QueueForecast(
            since, passed.Arrived / seconds, passed.Started / seconds, passed.Ended / seconds, passed.MeanRunTime, slots, Backlog,
            emptyAt, trend, flow.Shares(at), estimates.Samples, estimates.InRange)
        {
            BlackoutUntil = limits.BlackoutUntil,
        };
    }

    /// <summary>Moves times by the number of milliseconds that the clock was set forward (negative: back).</summary>
    public void ClockStepped(long by)
    {
        (at, meteredAt, nodesSeenAt, sampledAt) = (at + by, meteredAt + by, nodesSeenAt + by, sampledAt + by);
        flow.ClockStepped(by);
        estimates.ClockStepped(by);
    }

    /// <summary>Returns whether this queue has its share of a node, which other queues want too.</summary>
    public static bool IsShareUsed(DispatchNode node) =>
        // The share counts only if it is known (not 0) and bounded (not 1).
        node.Grant.Share is > 0 and < 1 && node.Hold.Count >= (int)(node.Grant.Share * node.Slots);

    private (QueueTrend Trend, long? EmptyAt) Trend(in FlowTotals passed, int slots)
    {
        if (Backlog == 0)
            return passed is { Arrived: 0, Started: 0, Ended: 0 } ? (QueueTrend.Unknown, null) : (QueueTrend.Steady, at);
        var arrivals = flow.ArrivalsToCome(at);
        if (StartsToCome(slots) is not { } starts)
            return (QueueTrend.Unknown, null);
        var growth = arrivals - starts;
        if (Math.Abs(growth) <= Tolerance * Math.Max(arrivals, starts))
            return (QueueTrend.Steady, null);
        if (growth > 0)
            return (QueueTrend.Growing, null);
        var left = Backlog * -1_000.0 / growth;
        return (QueueTrend.Shrinking, left <= StartEstimates.Farthest ? at + (long)left : null);
    }

    // Returns how many tasks a second will start while some wait; null if unknown.
    private double? StartsToCome(int slots) => flow.Cause switch
    {
        HoldCause.QueuePaused or HoldCause.NoMatchingNode or HoldCause.NodeResting or HoldCause.Starting or HoldCause.Blackout => 0,
        HoldCause.ConcurrencyKey => estimates.Starts.PerSecond,
        _ => estimates.Starts.PerSecond ?? RateOfSlots(slots),
    };

    // Returns how long a queued task will wait, before any correction.
    private double? WaitOf(in TaskSlot task)
    {
        if (limits.Settings.Paused || !tasks.Ready.IsComplete)
            return null;
        var slots = SlotsFor(task.Signature);
        if (slots == 0)
            return null;
        var wait = task is { IsParked: true, Gate: { } gate } ? WaitForKey(in task, gate) : WaitForTurn(in task, slots);
        if (matching.RateHeldUntil is { } next && wait is { } known)
            wait = Math.Max(known, next - at);
        if (limits.BlackoutUntil is { } end)
            wait += end - at;
        return wait <= StartEstimates.Farthest ? wait : null;
    }

    // So many tasks with the key must end before this one may start.
    private double? WaitForKey(in TaskSlot task, ConcurrencyGate gate)
    {
        var ends = Math.Max(1, gate.CountBefore(in task) + gate.Running + 1 - task.KeyLimit);
        return MeanRunTime * ends / task.KeyLimit;
    }

    private double? WaitForTurn(in TaskSlot task, int slots) =>
        (task.Signature.Starts.PerSecond ?? RateOfSlots(slots)) is { } rate and > 0
            ? (tasks.Ready.CountAheadAlike(in task) + 1) * 1_000 / rate
            : null;

    // Returns the starts per second of slots that are never free, within the queue's limits.
    private double? RateOfSlots(int slots) => MeanRunTime is not { } mean ? null : Math.Min(
        Math.Min(slots, limits.Settings.MaxRunning ?? int.MaxValue) * 1_000 / Math.Max(1, mean),
        limits.Settings.RatePerSecond ?? double.MaxValue);

    private int SlotsFor(Signature signature) =>
        nodes.All.Sum(node => node.Accepts && node.Meets(signature) ? node.Slots : 0);

    private int SlotsForQueued()
    {
        var signatures = tasks.Ready.Signatures;
        Func<Signature, bool> isWaiting = static signature => signature is { IsOfChunks: false, ReadyCount: > 0 };
        // Parked tasks are ready in no signature; those that could be theirs are those in use.
        if (Backlog > 0 && !signatures.All.Any(isWaiting))
            isWaiting = static signature => signature is { IsOfChunks: false, Tasks: > 0 };
        Signature[] queued = [.. signatures.Shared.Where(isWaiting)];
        return nodes.All.Where(node => node.Accepts && (Backlog == 0 || queued.Any(node.Meets)
            || signatures.PinnedTo(node.Id).Any(signature => isWaiting(signature) && node.Meets(signature))))
            .Sum(static node => node.Slots);
    }

    private HoldCause Cause()
    {
        if (tasks.Counts.Queued == 0)
            return HoldCause.None;
        if (limits.Settings.Paused)
            return HoldCause.QueuePaused;
        if (limits.BlackoutUntil is not null)
            return HoldCause.Blackout;
        if (limits.Slots(tasks.Counts.Leased) == 0)
            return HoldCause.MaxRunning;
        if (matching.RateHeldUntil is not null)
            return HoldCause.RateLimited;
        if (Largest() is not { } signature)
            return HoldCause.ConcurrencyKey;
        if (at - nodesSeenAt >= NodesPause || flow.Cause is HoldCause.None)
            (atNodes, nodesSeenAt) = (CauseAtNodes(signature), at);
        return atNodes;
    }

    private HoldCause CauseAtNodes(Signature signature)
    {
        var fitting = nodes.All.Where(node => node.Accepts && node.Meets(signature)).ToArray();
        return fitting.Length == 0 ? HoldCause.NoMatchingNode
            : !tasks.Ready.IsComplete && fitting.Any(static node => node.HasRoom) ? HoldCause.Starting
            : fitting.All(static node => node.Rest.IsResting) ? HoldCause.NodeResting
            : !signature.Shape.IsEmpty ? HoldCause.NoFreeResource
            : fitting.All(IsShareUsed) ? HoldCause.ShareUsed
            : HoldCause.NoFreeSlot;
    }

    // Returns the signature with the most ready tasks, or any pinned one if only pinned tasks are ready; null if none
    // is.
    private Signature? Largest()
    {
        Signature? largest = null;
        foreach (var signature in tasks.Ready.Signatures.Shared)
        {
            if (signature.ReadyCount > (largest?.ReadyCount ?? 0))
                largest = signature;
        }

        return largest ?? tasks.Ready.Signatures.Pinned.FirstOrDefault(static signature => signature.ReadyCount > 0);
    }

    private void Meter(long now)
    {
        var passed = now - meteredAt;
        meteredAt = now;
        // Pinned signatures are not metered, because each has few tasks and there may be thousands of them.
        foreach (var signature in tasks.Ready.Signatures.Shared)
        {
            if (signature.HasBacklog)
                signature.Starts.Wait(passed);
            signature.HasBacklog = signature.ReadyCount > 0;
        }

        if (estimates.HasBacklog)
            estimates.Starts.Wait(passed);
        estimates.HasBacklog = Backlog > 0;
    }

    private void Sample()
    {
        sampledAt = at;
        draw = (draw + GoldenRatio) % 1;
        if (!tasks.Ready.TryPick(draw, out var slot))
            return;
        ref var task = ref tasks[slot];
        if (WaitOf(in task) is { } wait)
            estimates.Keep(task.Id, wait, at, id => tasks.TryFind(id, out var found) && tasks[found].State == TaskState.Queued);
    }
}
