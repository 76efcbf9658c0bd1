using System.Buffers.Binary;
using OrleansTasks.Processing.Resources;
using OrleansTasks.Worker.Chunks;
using OrleansTasks.Worker.Processes.Limits;
using OrleansTasks.Worker.Protocol;
using OrleansTasks.Worker.Resources;

namespace OrleansTasks.Worker.Agent;

/// <summary>
/// Decides what a worker does with the commands it receives and what it still has to report.
/// It has no clock, no processes and no messages of its own; the agent calls it under its gate.
/// </summary>
/// <param name="slots">The maximum number of process trees that live at a time.</param>
/// <param name="startedDelay">
/// How many timestamp ticks the report of a start may wait, in the hope that the result makes it unnecessary.
/// </param>
/// <param name="waitLimit">
/// How many timestamp ticks an attempt may wait for a slot, for GPUs or for cores, before it is refused.
/// </param>
/// <param name="gpus">The machine's GPUs.</param>
/// <param name="cores">The cores that attempts can have to themselves.</param>
internal sealed class HeldAttempts(int slots, long startedDelay, long waitLimit, GpuIndexes gpus, CoreSet cores)
{
    /// <summary>The maximum number of waiting commands for each slot; masters send no more.</summary>
    private const int MostAhead = 32;

    /// <summary>
    /// The number of chunks that may wait in place of a command, as the protocol says; a chunk may take only a
    /// microsecond.
    /// </summary>
    private const int ChunksForCommand = 32;

    private const int RememberedTokens = 16 * 1024;
    private const int LargestReport = 1024 * 1024;
    private const int SizeOfResult = 256; // The bytes of a report entry, without what varies in it

    private readonly Dictionary<UInt128, Attempt> attempts = [];
    private readonly RecentTokens gone = new(RememberedTokens);
    private readonly Queue<Attempt> fresh = new();
    private readonly Queue<Attempt> over = new();
    private readonly Queue<Attempt> waiting = new();
    private readonly SuspectReports suspects = new();

    /// <summary>The maximum number of attempts that waited at a time since the last report.</summary>
    private int mostWaiting;

    /// <summary>The number of commands that may wait for a slot. For chunks the limit is 32 times as high.</summary>
    internal int StartsAhead => MostAhead * slots;

    /// <summary>The number of living process trees.</summary>
    internal int Living { get; private set; }

    /// <summary>The number of attempts held, in any phase.</summary>
    internal int Count => attempts.Count;

    /// <summary>Whether an attempt that is over has not been settled yet.</summary>
    internal bool OwesNews => attempts.Values.Any(static a => a.Phase > AttemptPhase.Running);

    /// <summary>
    /// Whether every slot that becomes free soon has a task waiting for it. It becomes false before the queue is empty,
    /// because the master needs some time to send more after it learns of ends.
    /// </summary>
    internal bool HasWorkAhead => waiting.Count >= Math.Max(slots, mostWaiting / 4) && !Draining;

    /// <summary>The timestamp at which the attempt that has waited longest is refused; null if none waits.</summary>
    internal long? NextWaitEnd => waiting.TryPeek(out var attempt) ? attempt.WaitEnds : null;

    /// <summary>Whether the worker is leaving and starts no more attempts.</summary>
    internal bool Draining { get; set; }

    /// <summary>All held attempts.</summary>
    internal IEnumerable<Attempt> All => attempts.Values;

    /// <summary>
    /// The attempts that a heartbeat lists: all but those that were refused before a process of them had begun. The
    /// master may reuse the number of an attempt that is not listed, so one that had begun is listed until the master
    /// has settled its report.
    /// </summary>
    internal IEnumerable<Lease> Leases =>
        attempts.Values.Where(static a => a.Phase != AttemptPhase.Refused || a.HadBegun).Select(static a => a.Lease);

    /// <summary>
    /// Handles a Start. A limited number of attempts beyond the free slots is accepted and waits, so that a slot that
    /// becomes free need not wait for the master. <paramref name="mayRun"/> is false once the worker's lease has
    /// lapsed.
    /// </summary>
    internal StartDecision Receive(Start start, long now, bool mayRun, out Attempt? attempt)
    {
        attempt = null;
        if (!TryReadToken(start.Lease, out var token) || attempts.ContainsKey(token))
            return StartDecision.Ignore;
        // An attempt that ran here is ignored if it comes again. One that was cancelled or revoked first is refused.
        var wasSeen = gone.TryGet(token, out var refuse);
        if (wasSeen && !refuse)
            return StartDecision.Ignore;
        // The service sends no more than fits, but an attempt that was ordered to end may still have what this one needs.
        var isFull = Living >= slots || !HasRoomFor(start);
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

    /// <summary>The machine's GPUs, for the master's users.</summary>
    internal IEnumerable<Gpu> Gpus => gpus.All.Select(static one => new Gpu { Index = one.Key, TaskId = one.Value ?? "" });

    /// <summary>Whether this attempt is held, in any phase.</summary>
    internal bool Holds(Lease lease) => TryReadToken(lease, out var token) && attempts.ContainsKey(token);

    /// <summary>
    /// Gives a free slot to the attempt that has waited longest. Returns null if no slot is free or none waits.
    /// </summary>
    internal Attempt? TakeWaiting(long now)
    {
        if (Living >= slots || Draining)
            return null;
        for (var left = waiting.Count; left > 0; left--)
        {
            var attempt = waiting.Dequeue();
            if (attempt.Phase != AttemptPhase.Waiting)
                continue;
            if (!HasRoomFor(attempt.Start!))
            {
                waiting.Enqueue(attempt);
                continue;
            }

            Run(attempt, now);
            return attempt;
        }

        return null;
    }

    /// <summary>
    /// Refuses the attempts whose wait has ended by <paramref name="now"/>. Returns whether there was one.
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

    /// <summary>Refuses the waiting attempts that meet a condition. Returns whether there was one.</summary>
    internal bool RefuseWaiting(Func<Attempt, bool> condition)
    {
        var any = false;
        foreach (var attempt in waiting)
        {
            if (attempt.Phase != AttemptPhase.Waiting || !condition(attempt))
                continue;
            // The attempt stays in the queue, which skips it by its phase.
            Refuse(attempt);
            any = true;
        }

        return any;
    }

    private static long GpusOf(Start start) => start.Lease.Resources.GetValueOrDefault(ResourceName.Gpu);

    // The service pins only whole cores.
    private static int CoresOf(Start start) => start.Pin
        ? (int)Math.Min(CoreAffinity.Most, (start.Lease.Resources.GetValueOrDefault(ResourceName.Cpu) + 999) / 1_000)
        : 0;

    private bool HasRoomFor(Start start) => gpus.Has(GpusOf(start)) && cores.Has(CoresOf(start));

    private void Run(Attempt attempt, long now)
    {
        attempt.Phase = AttemptPhase.Running;
        if (attempt.Gpus.Count == 0)
            attempt.Gpus = gpus.Take(GpusOf(attempt.Start!), attempt.Lease.TaskId);
        if (attempt.Cores.Count == 0)
            attempt.Cores = cores.Take(CoresOf(attempt.Start!));
        attempt.StartedDue = now + startedDelay;
        Living++;
        fresh.Enqueue(attempt);
    }

    /// <summary>Handles a cancel. Returns the attempt whose process should be asked to end, if it runs.</summary>
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
    /// Handles a kill. Returns the attempt to kill, if its tree lives. An attempt that is unknown or waits for a slot
    /// is refused, and a later start of it is ignored. If the answer to a heartbeat kills an attempt that the heartbeat
    /// did not list, its start seemed lost; if it has begun since then, it continues, and its report says so.
    /// </summary>
    /// <param name="lease">The attempt's lease.</param>
    /// <param name="wasListed">False if this answers a heartbeat that did not list the attempt.</param>
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

    /// <summary>
    /// Records why a living attempt is killed. Returns false if it already has a cause, or its tree is dead.
    /// </summary>
    internal static bool Stop(Attempt attempt, StopCause cause)
    {
        if (attempt.Phase != AttemptPhase.Running || attempt.Cause != StopCause.None)
            return false;
        attempt.Cause = cause;
        return true;
    }

    /// <summary>Frees the slot of an attempt whose tree is dead.</summary>
    internal void TreeDied(Attempt attempt)
    {
        Living--;
        gpus.Release(attempt.Gpus);
        cores.Release(attempt.Cores);
        attempt.Phase = AttemptPhase.Ending;
    }

    /// <summary>
    /// Queues the result of an attempt for reporting. Does nothing if the attempt was dropped in the meantime.
    /// </summary>
    internal void End(Attempt attempt, Result result, long now)
    {
        if (attempt.Phase != AttemptPhase.Ending)
            return;
        attempt.Result = ChunkResults.Fit(result);
        attempt.EndedAt = now;
        attempt.Phase = AttemptPhase.Ended;
        over.Enqueue(attempt);
    }

    /// <summary>Takes over a result that an earlier run of the worker could not settle.</summary>
    internal void Recover(Result result, long now)
    {
        if (!TryReadToken(result.Lease, out var token))
            return;
        var attempt = new Attempt(result.Lease, token, AttemptPhase.Ending) { Spooled = true };
        if (attempts.TryAdd(token, attempt))
            End(attempt, result, now);
    }

    /// <summary>Takes over an attempt that runs, or is about to, from an earlier program of this process.</summary>
    /// <returns>The attempt; null if its token cannot be read.</returns>
    internal Attempt? AdoptRunning(
        Start start, bool cancelWanted, StopCause cause, IEnumerable<int> gpuIndexes, IEnumerable<int> ownCores,
        long now)
    {
        if (!TryReadToken(start.Lease, out var token))
            return null;
        var attempt = new Attempt(start.Lease, token, AttemptPhase.Waiting)
        {
            Start = start,
            KillGrace = WireTime.FromMilliseconds(start.KillGraceMs),
            CancelWanted = cancelWanted,
            Cause = cause,
            Gpus = [.. gpuIndexes],
            Cores = [.. ownCores],
        };
        gpus.Adopt(attempt.Gpus, start.Lease.TaskId);
        cores.Adopt(attempt.Cores);
        attempts.Add(token, attempt);
        // The start is reported again: the earlier program may not have had an answer.
        Run(attempt, now - startedDelay);
        return attempt;
    }

    /// <summary>Takes over an attempt that has ended and waits until its output is stored.</summary>
    /// <returns>The attempt; null if its token cannot be read.</returns>
    internal Attempt? AdoptEnding(Lease lease)
    {
        if (!TryReadToken(lease, out var token))
            return null;
        return attempts[token] = new Attempt(lease, token, AttemptPhase.Ending);
    }

    /// <summary>Takes over an unsettled result.</summary>
    internal void AdoptEnded(Result result, bool isSpooled, bool isPlain, long now)
    {
        if (AdoptEnding(result.Lease) is not { } attempt)
            return;
        (attempt.Spooled, attempt.IsResultPlain) = (isSpooled, isPlain);
        End(attempt, result, now);
    }

    /// <summary>Takes over an unsettled refusal.</summary>
    internal void AdoptRefused(Lease lease, bool isUnable, bool hadBegun)
    {
        if (TryReadToken(lease, out var token))
            Refuse(new Attempt(lease, token, AttemptPhase.Refused), isUnable, hadBegun);
    }

    /// <summary>The tokens of attempts that are over; see <see cref="RecentTokens"/>.</summary>
    internal RecentTokens Gone => gone;

    /// <summary>
    /// Refuses an attempt that will not run here, or whose run does not count; the master puts it back.
    /// <paramref name="isUnable"/> means that the reason is the worker's own, <paramref name="hadBegun"/> that a
    /// process had begun.
    /// </summary>
    internal void Refuse(Attempt attempt, bool isUnable = false, bool hadBegun = false)
    {
        attempts[attempt.Token] = attempt;
        attempt.IsUnable = isUnable;
        attempt.HadBegun = hadBegun;
        attempt.Phase = AttemptPhase.Refused;
        over.Enqueue(attempt);
    }

    /// <summary>
    /// Returns what should be reported now, including the starts that are due; null if there is nothing.
    /// </summary>
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
            // A large result is sent alone. With others, it could make a message that the master does not accept.
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

    /// <summary>The timestamp at which the next start should be reported; null if none waits.</summary>
    internal long? NextStartedDue => fresh.TryPeek(out var attempt) ? attempt.StartedDue : null;

    /// <summary>Forgets the attempts of a settled report that are over.</summary>
    internal void Settle(ReportBatch batch)
    {
        suspects.Settle();
        foreach (var attempt in batch.Over)
            if (attempt.Phase != AttemptPhase.Dropped)
                Forget(attempt, refuse: attempt.Phase == AttemptPhase.Refused);
    }

    /// <summary>Reports several attempts again in smaller groups, because one of them made their report fail.</summary>
    internal void Divide(ReportBatch batch) => suspects.Add(batch);

    /// <summary>
    /// Handles the master's rejection of an attempt's result or refusal. A result is reported once more without its
    /// output. If that was rejected as well, or there is no result, forgets the attempt and returns true.
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

    /// <summary>
    /// Replaces the large results in a report that exceeded the master's size limit by failures that say so.
    /// </summary>
    internal static void Shrink(ReportBatch batch)
    {
        foreach (var attempt in batch.Over)
            if (attempt.Result is { } result && SizeOf(result) > LargestReport)
                attempt.Result = ChunkResults.TooLarge(result, SizeOf(result));
    }

    /// <summary>Queues everything in a failed report again.</summary>
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
