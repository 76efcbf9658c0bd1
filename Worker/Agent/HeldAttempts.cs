using System.Buffers.Binary;
using OrleansTasks.Worker.Chunks;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.Worker.Agent;

/// <summary>
/// Decides what a worker does with the commands it receives and what it must still tell. Pure: no clock, no
/// processes, no messages of its own; the agent calls it under its gate.
/// </summary>
/// <param name="slots">How many process trees may live at once.</param>
/// <param name="startedDelay">Timestamp ticks that a start may wait, in the hope that its result says it all.</param>
/// <param name="waitLimit">Timestamp ticks that an attempt may wait for a slot before it is refused.</param>
internal sealed class HeldAttempts(int slots, long startedDelay, long waitLimit)
{
    /// <summary>How many times its slots a worker may hold waiting, of commands; masters send no more.</summary>
    private const int MostAhead = 32;

    /// <summary>
    /// How many chunks, which may be over in a microsecond, may wait in the place of a command; the protocol says so.
    /// </summary>
    private const int ChunksForCommand = 32;

    private const int RememberedTokens = 16 * 1024;
    private const int LargestReport = 1024 * 1024;
    private const int SizeOfResult = 256;

    private readonly Dictionary<UInt128, Attempt> attempts = [];
    private readonly RecentTokens gone = new(RememberedTokens);
    private readonly Queue<Attempt> fresh = new();
    private readonly Queue<Attempt> over = new();
    private readonly Queue<Attempt> waiting = new();
    private readonly SuspectReports suspects = new();

    /// <summary>How many have waited at once since the last report.</summary>
    private int mostWaiting;

    /// <summary>How many commands it holds beyond its slots until one is free; of chunks, 32 times as many.</summary>
    internal int StartsAhead => MostAhead * slots;

    /// <summary>How many process trees live.</summary>
    internal int Living { get; private set; }

    /// <summary>How many attempts are held in any phase.</summary>
    internal int Count => attempts.Count;

    /// <summary>Whether anything that is over has not been settled yet.</summary>
    internal bool OwesNews => attempts.Values.Any(static a => a.Phase > AttemptPhase.Running);

    /// <summary>
    /// Whether every slot that becomes free soon has a task waiting for it. Not until the last one: the master sends
    /// more when it is told of ends, which takes some time.
    /// </summary>
    internal bool HasWorkAhead => waiting.Count >= Math.Max(slots, mostWaiting / 4) && !Draining;

    /// <summary>The timestamp at which the attempt that has waited longest is refused; null when none waits.</summary>
    internal long? NextWaitEnd => waiting.TryPeek(out var attempt) ? attempt.WaitEnds : null;

    /// <summary>Whether the worker is leaving and starts nothing more.</summary>
    internal bool Draining { get; set; }

    /// <summary>All attempts that are held.</summary>
    internal IEnumerable<Attempt> All => attempts.Values;

    /// <summary>
    /// The attempts that a heartbeat names: all but those that were refused before a process of them had begun. The
    /// master may reuse the number of an attempt that is not named, so an attempt that had begun is named until the
    /// master has settled its report.
    /// </summary>
    internal IEnumerable<Lease> Leases =>
        attempts.Values.Where(static a => a.Phase != AttemptPhase.Refused || a.HadBegun).Select(static a => a.Lease);

    /// <summary>
    /// Takes a Start; <paramref name="mayRun"/> is false once the worker's lease has lapsed. A few times as many as
    /// there are slots
    /// may wait for one, so that a slot whose command has ended need not wait for the master.
    /// </summary>
    internal StartDecision Receive(Start start, long now, bool mayRun, out Attempt? attempt)
    {
        attempt = null;
        if (!TryReadToken(start.Lease, out var token) || attempts.ContainsKey(token))
            return StartDecision.Ignore;
        var wasSeen = gone.TryGet(token, out var refuse);
        if (wasSeen && !refuse)
            return StartDecision.Ignore;
        var isFull = Living >= slots;
        if (wasSeen || Draining || !mayRun || (isFull && waiting.Count >= (start.Chunk is null ? StartsAhead : ChunksForCommand * StartsAhead)))
        {
            Refuse(new Attempt(start.Lease, token, AttemptPhase.Refused), isUnable: !wasSeen && !Draining && !mayRun);
            return StartDecision.Refuse;
        }

        attempt = new Attempt(start.Lease, token, AttemptPhase.Waiting)
        {
            Start = start,
            KillGrace = WireTime.FromMilliseconds(start.KillGraceMs),
            WaitEnds = now + waitLimit,
        };
        attempts.Add(token, attempt);
        if (isFull)
        {
            waiting.Enqueue(attempt);
            mostWaiting = Math.Max(mostWaiting, waiting.Count);
            return StartDecision.Wait;
        }

        Run(attempt, now);
        return StartDecision.Run;
    }

    /// <summary>Whether this very attempt is held, in any phase.</summary>
    internal bool Holds(Lease lease) => TryReadToken(lease, out var token) && attempts.ContainsKey(token);

    /// <summary>
    /// Gives a free slot to the attempt that has waited longest; null when there is no slot or nobody waits.
    /// </summary>
    internal Attempt? TakeWaiting(long now)
    {
        if (Living >= slots || Draining)
            return null;
        while (waiting.TryDequeue(out var attempt))
        {
            if (attempt.Phase != AttemptPhase.Waiting)
                continue;
            Run(attempt, now);
            return attempt;
        }

        return null;
    }

    /// <summary>
    /// Refuses the attempts that have waited for too long, or all that wait; true when there was one.
    /// </summary>
    internal bool RefuseWaiting(long now)
    {
        var any = false;
        while (waiting.TryPeek(out var attempt) && (attempt.Phase != AttemptPhase.Waiting || attempt.WaitEnds <= now))
        {
            waiting.Dequeue();
            if (attempt.Phase != AttemptPhase.Waiting)
                continue;
            Refuse(attempt);
            any = true;
        }

        return any;
    }

    /// <summary>Refuses the waiting attempts that a condition holds for; true when there was one.</summary>
    internal bool RefuseWaiting(Func<Attempt, bool> condition)
    {
        var any = false;
        foreach (var attempt in waiting)
        {
            if (attempt.Phase != AttemptPhase.Waiting || !condition(attempt))
                continue;
            // The line passes it over from now on.
            Refuse(attempt);
            any = true;
        }

        return any;
    }

    private void Run(Attempt attempt, long now)
    {
        attempt.Phase = AttemptPhase.Running;
        attempt.StartedDue = now + startedDelay;
        Living++;
        fresh.Enqueue(attempt);
    }

    /// <summary>Takes a cancel. Returns the attempt to ask to end, if its process runs.</summary>
    internal Attempt? Cancel(Lease lease)
    {
        if (!TryReadToken(lease, out var token))
            return null;
        if (!attempts.TryGetValue(token, out var attempt))
        {
            gone.Add(token, refuse: true);
            return null;
        }

        if (attempt.Phase == AttemptPhase.Waiting)
            Refuse(attempt);
        if (attempt.Phase != AttemptPhase.Running)
            return null;
        attempt.CancelWanted = true;
        return attempt;
    }

    /// <summary>
    /// Takes a kill. Returns the attempt to kill, if its tree lives. An attempt that is not here, or waits for a slot, is
    /// refused, and a start of it that comes later is ignored. A heartbeat's answer that kills what the heartbeat did not
    /// list is for a start that seems lost: if it has begun meanwhile, it runs on, and its report says so.
    /// </summary>
    /// <param name="lease">The attempt's lease.</param>
    /// <param name="wasListed">False when this answers a heartbeat that did not list the attempt.</param>
    internal Attempt? Revoke(Lease lease, bool wasListed)
    {
        if (!TryReadToken(lease, out var token))
            return null;
        if (!attempts.TryGetValue(token, out var attempt))
        {
            Refuse(new Attempt(lease, token, AttemptPhase.Refused));
            return null;
        }

        if (attempt.Phase == AttemptPhase.Waiting)
            Refuse(attempt);
        return wasListed && attempt.Phase == AttemptPhase.Running && Stop(attempt, StopCause.Revoked) ? attempt : null;
    }

    /// <summary>Notes why a living attempt is killed; false when an earlier cause stands or its tree is dead.</summary>
    internal static bool Stop(Attempt attempt, StopCause cause)
    {
        if (attempt.Phase != AttemptPhase.Running || attempt.Cause != StopCause.None)
            return false;
        attempt.Cause = cause;
        return true;
    }

    /// <summary>Its tree is dead: the slot is free.</summary>
    internal void TreeDied(Attempt attempt)
    {
        Living--;
        attempt.Phase = AttemptPhase.Ending;
    }

    /// <summary>Its result is ready to be reported; nothing happens when it was dropped meanwhile.</summary>
    internal void End(Attempt attempt, Result result, long now)
    {
        if (attempt.Phase != AttemptPhase.Ending)
            return;
        attempt.Result = ChunkResults.Fit(result);
        attempt.EndedAt = now;
        attempt.Phase = AttemptPhase.Ended;
        over.Enqueue(attempt);
    }

    /// <summary>Takes back a result that an earlier run of the worker could not settle.</summary>
    internal void Recover(Result result, long now)
    {
        if (!TryReadToken(result.Lease, out var token))
            return;
        var attempt = new Attempt(result.Lease, token, AttemptPhase.Ending) { Spooled = true };
        if (attempts.TryAdd(token, attempt))
            End(attempt, result, now);
    }

    /// <summary>
    /// It will not run here, or what ran of it does not count: to be put back. <paramref name="isUnable"/>: for a
    /// reason of the worker's own; <paramref name="hadBegun"/>: a process of it had begun.
    /// </summary>
    internal void Refuse(Attempt attempt, bool isUnable = false, bool hadBegun = false)
    {
        attempts[attempt.Token] = attempt;
        attempt.IsUnable = isUnable;
        attempt.HadBegun = hadBegun;
        attempt.Phase = AttemptPhase.Refused;
        over.Enqueue(attempt);
    }

    /// <summary>What is to be told now, or null; only starts that are due are.</summary>
    internal ReportBatch? TakeReport(long now)
    {
        if (suspects.Take() is { } suspect)
            return suspect;
        ReportBatch? batch = null;
        var size = 0;
        mostWaiting = waiting.Count;
        while (over.TryPeek(out var attempt))
        {
            var more = attempt.Phase == AttemptPhase.Ended ? SizeOf(attempt.Result!) : SizeOfResult;
            // A large one goes alone: behind others it could make a message that nobody takes.
            if (batch is not null && size + more > LargestReport)
                break;
            over.Dequeue();
            if (attempt.Phase is not (AttemptPhase.Ended or AttemptPhase.Refused))
                continue;
            (batch ??= new()).Add(attempt);
            size += more;
        }

        while (size < LargestReport && fresh.TryPeek(out var attempt) && (attempt.Phase != AttemptPhase.Running || attempt.StartedDue <= now))
        {
            fresh.Dequeue();
            if (attempt.Phase != AttemptPhase.Running)
                continue;
            size += SizeOfResult;
            (batch ??= new()).Add(attempt);
        }

        return batch;
    }

    /// <summary>The timestamp at which the next start is to be told; null when none waits.</summary>
    internal long? NextStartedDue => fresh.TryPeek(out var attempt) ? attempt.StartedDue : null;

    /// <summary>A report was settled: what is over may be forgotten.</summary>
    internal void Settle(ReportBatch batch)
    {
        suspects.Settle();
        foreach (var attempt in batch.Over)
            if (attempt.Phase != AttemptPhase.Dropped)
                Forget(attempt, refuse: attempt.Phase == AttemptPhase.Refused);
    }

    /// <summary>
    /// A report of several attempts failed because of one of them: reports them again in smaller groups.
    /// </summary>
    internal void Divide(ReportBatch batch) => suspects.Add(batch);

    /// <summary>
    /// The master rejected what was reported of one attempt that is over. Its result is reported once more without its
    /// output. Returns true when that was rejected before, or when there is no result: the attempt is forgotten.
    /// </summary>
    internal bool Reject(Attempt attempt, string reason)
    {
        if (attempt is { Phase: AttemptPhase.Ended, Result: { } result, IsResultPlain: false })
        {
            attempt.Result = AttemptResults.Plain(result, reason);
            attempt.IsResultPlain = true;
            over.Enqueue(attempt);
            return false;
        }

        Forget(attempt, refuse: true);
        return true;
    }

    /// <summary>The master takes no report of this size: what is large in it is told as too large.</summary>
    internal static void Shrink(ReportBatch batch)
    {
        foreach (var attempt in batch.Over)
            if (attempt.Result is { } result && SizeOf(result) > LargestReport)
                attempt.Result = ChunkResults.TooLarge(result, SizeOf(result));
    }

    /// <summary>A report failed: everything in it is to be told again.</summary>
    internal void Restore(ReportBatch batch)
    {
        foreach (var attempt in batch.Started)
            fresh.Enqueue(attempt);
        foreach (var attempt in batch.Over)
            over.Enqueue(attempt);
    }

    private static int SizeOf(Result result) => SizeOfResult + result.Stdout.Length + result.Stderr.Length + result.Tail.Length
        + result.Value.Length + result.Report.Length + result.Collected.Length;

    private static bool TryReadToken(Lease? lease, out UInt128 token)
    {
        token = default;
        if (lease is null || lease.Token.Length != 16)
            return false;
        token = BinaryPrimitives.ReadUInt128BigEndian(lease.Token.Span);
        return true;
    }

    private void Forget(Attempt attempt, bool refuse)
    {
        attempt.Phase = AttemptPhase.Dropped;
        attempts.Remove(attempt.Token);
        gone.Add(attempt.Token, refuse);
    }
}
