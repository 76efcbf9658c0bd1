using OrleansTasks.Worker.Handover;
using OrleansTasks.Worker.Processes;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.Worker.Agent;

/// <summary>Writes down the attempts for another program of this process, and takes them over there.</summary>
/// <remarks>
/// Each attempt is handed over in one of four forms:
/// <code>
/// its command runs, or ended and is not cleaned up yet ──► the command is followed
/// its command ended, or its result is ready            ──► the result is reported when its output is stored
/// it is refused                                        ──► the refusal is reported
/// its command has not been started, its inputs or its  ──► it is started
/// image are being fetched, or it is a chunk
/// </code>
/// An attempt that waits for a slot is left out: the next registration does not name it, so the service queues it again.
/// While artifacts are stored, nothing is handed over: their copies end with this program.
/// </remarks>
internal sealed partial class AttemptRunner
{
    private readonly List<Attempt> heldBack = [];
    private int launching;
    private bool isHeld;

    /// <summary>
    /// Enters the agent's gate at a time at which no attempt is being launched, and lets none be launched until
    /// <see cref="Release"/> is called on this thread. Returns false if that is not possible within the limit.
    /// </summary>
    internal bool TryHold(TimeSpan limit)
    {
        var began = state.Time.GetTimestamp();
        var spin = default(SpinWait);
        while (state.Time.GetElapsedTime(began) < limit)
        {
            if (!state.Gate.TryEnter(limit))
                break;
            isHeld = true;
            var isStoring = transfers.IsStoringAny;
            // A command may have been started that its attempt does not name yet.
            if (!isStoring && Volatile.Read(ref launching) == 0)
                return true;
            state.Gate.Exit();
            if (isStoring)
                break;
            spin.SpinOnce();
        }

        Resume();
        return false;
    }

    /// <summary>Ends the hold.</summary>
    internal void Release()
    {
        state.Gate.Exit();
        Resume();
    }

    /// <summary>Returns what the next program needs to take over the attempts. Called while they are held.</summary>
    /// <param name="freeze">The frozen host.</param>
    /// <param name="handedOver">Receives the commands that the next program follows.</param>
    internal List<HeldRecord> ToRecords(HostFreeze freeze, ISet<RunningProcess> handedOver)
    {
        var unacknowledged = pump.Unacknowledged.ToLookup(static chunk => chunk.Lease.Token);
        var records = new List<HeldRecord>();
        foreach (var attempt in state.Held.All)
        {
            if (attempt.Phase is AttemptPhase.Waiting or AttemptPhase.Dropped)
                continue;
            var record = new HeldRecord
            {
                Lease = attempt.Lease,
                Start = attempt.Start,
                CancelWanted = attempt.CancelWanted,
                StopCause = (int)attempt.Cause,
                IsSpooled = attempt.Spooled,
                IsResultPlain = attempt.IsResultPlain,
            };
            record.Gpus.Add(attempt.Gpus);
            record.Cores.Add(attempt.Cores);
            if (attempt.Phase == AttemptPhase.Ended)
                record.Result = attempt.Result;
            else if (attempt.Phase == AttemptPhase.Refused)
                (record.IsRefused, record.IsUnable, record.HadBegun) = (true, attempt.IsUnable, attempt.HadBegun);
            else if (attempt.Process is RunningProcess process)
                Add(record, attempt, process, unacknowledged[attempt.Lease.Token], freeze, handedOver);
            records.Add(record);
        }

        return records;
    }

    /// <summary>Takes over what the earlier program wrote. Called before anything else is started.</summary>
    /// <param name="records">The attempts.</param>
    /// <param name="processes">The host of this agent.</param>
    /// <param name="hostRecord">What the earlier program wrote of its host.</param>
    /// <param name="age">How long ago that was.</param>
    internal void Adopt(IEnumerable<HeldRecord> records, ProcessHost processes, HostRecord hostRecord, TimeSpan age)
    {
        var launches = new List<Attempt>();
        var followed = new List<(Attempt Attempt, IRunningProcess Process, OutputBuffer Output)>();
        var pipes = new Dictionary<IRunningProcess, (int, int)>();
        foreach (var record in records)
        {
            var attempt = Hold(record);
            if (attempt is null)
                continue;
            if (record.Process is { } process)
            {
                var output = OutputOf(record);
                attempt.Span = AttemptTraces.Begin(record.Start, state.Options.NodeId);
                var files = transfers.WithoutInputs(record.Start);
                var request = StartRequests.Of(attempt, record.Start, environment, output, files);
                var adopted = processes.Adopt(request, process, age);
                pipes[adopted] = (process.HasOutputDescriptor ? process.OutputDescriptor : -1, process.HasErrorDescriptor ? process.ErrorDescriptor : -1);
                followed.Add((attempt, adopted, output));
            }
            else if (record.Result is { } result)
                _ = EndWhenAsync(OutputOf(record).CompleteAsync(inline: false), attempt, result);
            else
                launches.Add(attempt);
        }

        processes.FollowAdopted(hostRecord.TagsUsed, hostRecord.Doomed.Select(static doomed => doomed.Tag), process => pipes[process]);
        foreach (var (attempt, process, output) in followed)
            Attach(attempt, process, output);
        foreach (var attempt in launches)
            Launch(attempt);
    }

    private void Add(
        HeldRecord record, Attempt attempt, RunningProcess process, IEnumerable<OutputChunk> unacknowledged, HostFreeze freeze,
        ISet<RunningProcess> handedOver)
    {
        var needsOutput = true;
        if (process.Outcome is { } outcome)
        {
            (record.Result, needsOutput) = Judge(
                attempt, process.ProcessId != 0, process.Request.Output as OutputBuffer, Fenced(attempt, outcome));
            if (record.Result is null)
                (record.IsRefused, record.IsUnable, record.HadBegun) = (true, host.IsEnding, process.ProcessId != 0);
        }
        else if (process.ProcessId != 0)
        {
            record.Process = freeze.ToRecord(process);
            handedOver.Add(process);
        }
        else
            return;

        if (needsOutput && process.Request.Output is OutputBuffer output)
            record.Output = output.ToRecord(unacknowledged);
    }

    /// <summary>
    /// Holds a recorded attempt again. Returns it if there is more to do; null if only its end has to be reported.
    /// </summary>
    private Attempt? Hold(HeldRecord record)
    {
        var now = state.Time.GetTimestamp();
        lock (state.Gate)
        {
            if (record.IsRefused)
                state.Held.AdoptRefused(record.Lease, record.IsUnable, record.HadBegun);
            else if (record.Result is { } result && record.Output is null)
                state.Held.AdoptEnded(result, record.IsSpooled, record.IsResultPlain, now);
            else if (record.Result is not null)
                return state.Held.AdoptEnding(record.Lease);
            else if (record.Start is { } start)
                return state.Held.AdoptRunning(
                    start, record.CancelWanted, (StopCause)record.StopCause, record.Gpus, record.Cores, now);
            return null;
        }
    }

    private OutputBuffer OutputOf(HeldRecord record)
    {
        // It counts as old enough to be sent.
        var output = new OutputBuffer(record.Lease, pump, startedAt: 0, news);
        if (record.Output is { } rest)
            output.Restore(rest);
        return output;
    }

    private void Resume()
    {
        Attempt[] late;
        lock (state.Gate)
        {
            isHeld = false;
            late = [.. heldBack];
            heldBack.Clear();
        }

        foreach (var attempt in late)
            Launch(attempt);
    }

    /// <summary>Returns false if the attempt is launched when the hold ends, or by the next program.</summary>
    private bool TryBeginLaunch(Attempt attempt)
    {
        lock (state.Gate)
        {
            if (isHeld)
            {
                heldBack.Add(attempt);
                return false;
            }

            launching++;
            return true;
        }
    }
}
