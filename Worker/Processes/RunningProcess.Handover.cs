using Google.Protobuf;
using OrleansTasks.Worker.Handover;
using OrleansTasks.Worker.Processes.Containers;
using OrleansTasks.Worker.Processes.Interop;

namespace OrleansTasks.Worker.Processes;

internal sealed partial class RunningProcess
{
    /// <summary>Held while the result that the command left is read and removed, so that it is not lost halfway.</summary>
    private readonly Lock exchanging = new();

    private ExchangeRecord? exchanged;

    /// <summary>Whether its artifacts are or were collected; a handover then waits until the attempt has ended.</summary>
    private bool isCollected;
    private long timeoutAt = long.MaxValue;

    /// <summary>Whether an earlier program of this process has started the command.</summary>
    internal bool IsAdopted { get; private set; }

    /// <summary>How the attempt ended; null if it has not.</summary>
    internal ProcessOutcome? Outcome => Volatile.Read(ref followerOrOutcome) as ProcessOutcome;

    /// <summary>
    /// Keeps every other thread from signalling or reaping the command and from taking its result, until
    /// <see cref="Release"/> is called on this thread. Returns false if that is not possible within the limit.
    /// </summary>
    internal bool TryHold(TimeSpan limit)
    {
        if (!gate.TryEnter(limit)) return false;
        if (exchanging.TryEnter(limit))
        {
            if (!isCollected || Outcome is not null) return true;
            exchanging.Exit();
        }
        gate.Exit();
        return false;
    }

    /// <summary>Ends the hold.</summary>
    internal void Release()
    {
        exchanging.Exit();
        gate.Exit();
    }

    /// <summary>
    /// Returns what another program of this process needs to take over the command. Called while it is held.
    /// </summary>
    /// <param name="output">The read end of standard output; negative if it is closed.</param>
    /// <param name="error">The read end of standard error; negative if it is closed.</param>
    internal ProcessRecord ToRecord(int output, int error)
    {
        var record = new ProcessRecord
        {
            Pid = pid,
            Tag = Tag,
            StartedAt = StartedAt.UtcTicks,
            RunTime = RunTime.Ticks * 100,
            IsSignalled = signalled,
            IsReaped = reaped,
            WaitStatus = waitStatus,
            EndedAt = EndedAt.UtcTicks,
            CpuTicks = cpuTime.Ticks,
            MaxResidentKilobytes = maxResidentKilobytes,
            Exchanged = exchanged,
            Limits = LimitedTree?.ToRecord(),
            Output = standardOutput?.ToRecord(),
            Error = standardError?.ToRecord(),
        };
        if (User is { IsOfOneTask: true } own) record.Uid = own.Uid;
        if (output >= 0) record.OutputDescriptor = output;
        if (error >= 0) record.ErrorDescriptor = error;
        if (forwarder is { Descriptor: >= 0 and var listener }) record.ListenerDescriptor = listener;
        if (timeoutAt != long.MaxValue) record.TimeoutIn = NanosecondsUntil(timeoutAt);
        if (killAt != long.MaxValue) record.KillIn = killAt == 0 ? 0 : NanosecondsUntil(killAt);
        if (stopReason is { } reason) record.StopReason = (int)reason;
        if (abandoned is not null) record.Abandoned = abandoned;
        if (OwnFolder is { } folder) record.OwnFolder = folder.Path;
        if (ExchangeFolder is { } exchange) record.ExchangeFolder = exchange.Path;
        if (Container is { } container)
            record.Container = container.ToRecord();
        return record;
    }

    /// <summary>Takes over a command that an earlier program of this process has started.</summary>
    /// <param name="record">What that program wrote.</param>
    /// <param name="age">How long ago it was written.</param>
    internal void Adopt(ProcessRecord record, TimeSpan age)
    {
        IsAdopted = true;
        Tag = record.Tag;
        host.AdoptUser(this, record.HasUid ? record.Uid : null);
        StartedAt = TimeOf(record.StartedAt);
        // Earlier versions wrote only the time of day of the start.
        var runTime = record.HasRunTime ? TimeSpan.FromTicks(record.RunTime / 100) + age : time.GetUtcNow() - StartedAt;
        startedTimestamp = time.GetTimestamp() - ToTicks(runTime);
        if (record.HasStopReason) stopReason = (ProcessEndReason)record.StopReason;
        signalled = record.IsSignalled;
        abandoned = record.HasAbandoned ? record.Abandoned : null;
        cpuTime = TimeSpan.FromTicks(record.CpuTicks);
        maxResidentKilobytes = record.MaxResidentKilobytes;
        // Their original state is unknown, so they are removed rather than reused.
        if (record.HasOwnFolder) OwnFolder = new(record.OwnFolder, default);
        if (record.HasExchangeFolder) ExchangeFolder = new(record.ExchangeFolder, default);
        if (record.Container is { } container)
        {
            Container = ContainerRun.Of(container);
            host.Containers.Adopt(Container);
        }
        if (record.HasListenerDescriptor) Forward(record.ListenerDescriptor);
        exchanged = record.Exchanged;
        standardOutput = CaptureOf(StandardStream.Output, record.Output);
        standardError = CaptureOf(StandardStream.Error, record.Error);
        if (record.Limits is { } limits && request.Limits is { } given) LimitedTree = host.Limits.Adopt(this, given, limits);
        lock (gate)
        {
            pid = record.Pid;
            (reaped, waitStatus, EndedAt) = (record.IsReaped, record.WaitStatus, TimeOf(record.EndedAt));
            if (reaped) return;
            if (record.HasTimeoutIn)
            {
                var left = TimeSpan.FromTicks(record.TimeoutIn / 100) - age;
                timeoutAt = time.GetTimestamp() + ToTicks(left);
                timeoutTimer = time.CreateTimer(static p => ((RunningProcess)p!).TimeOut(), this, left > TimeSpan.Zero ? left : TimeSpan.Zero,
                    System.Threading.Timeout.InfiniteTimeSpan);
            }
            if (!record.HasKillIn) return;
            var grace = TimeSpan.FromTicks(record.KillIn / 100) - age;
            killAt = grace > TimeSpan.Zero ? time.GetTimestamp() + ToTicks(grace) : 0;
            // The signals to processes outside the command's group may not have been sent. A container gets one signal.
            if (killAt != 0 && Container is null) TreeKeeper.Shared.Signal(this, Libc.SIGTERM);
            Signal();
        }
    }

    private static DateTimeOffset TimeOf(long ticks) => new(ticks, TimeSpan.Zero);

    private long NanosecondsUntil(long timestamp) => time.GetElapsedTime(time.GetTimestamp(), timestamp).Ticks * 100;

    private OutputCapture? CaptureOf(StandardStream stream, CaptureRecord? record) =>
        record is null ? null : OutputCapture.Of(stream, request.MaxOutputBytes, record, request.HidesProgress);

    /// <summary>Takes the result that the command left, or the one that was taken before a handover.</summary>
    private ProcessOutcome TakeExchanged(ProcessOutcome outcome, in WorkFolder folder)
    {
        lock (exchanging)
        {
            if (exchanged is null)
            {
                outcome = Exchange.Read(outcome, this, folder);
                exchanged = new ExchangeRecord { Value = UnsafeByteOperations.UnsafeWrap(outcome.Result) };
                if (outcome is { Reason: ProcessEndReason.BadResult, Message: { } fault }) exchanged.Fault = fault;
            }
            else if (exchanged.HasFault) outcome = outcome with { Reason = ProcessEndReason.BadResult, Message = exchanged.Fault };
            else outcome = outcome with { Result = exchanged.Value.Memory };
            Exchange.Remove(folder);
            return outcome;
        }
    }
}
