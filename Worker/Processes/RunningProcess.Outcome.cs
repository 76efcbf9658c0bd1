using System.Diagnostics.CodeAnalysis;
using OrleansTasks.Worker.Processes.Interop;
using OrleansTasks.Worker.Processes.Limits;

namespace OrleansTasks.Worker.Processes;

internal sealed partial class RunningProcess
{
    private OutputCapture? standardOutput;
    private OutputCapture? standardError;
    private Exception? sinkFailure;
    private int waitStatus;
    private string? abandoned;
    private TimeSpan cpuTime;
    private long maxResidentKilobytes;

    /// <summary>
    /// Null, then who is to be told of the end, then the <see cref="ProcessOutcome"/>: who sees that it has ended reads
    /// it here.
    /// </summary>
    private object? followerOrOutcome;

    /// <summary>When it was started, or was to be.</summary>
    internal DateTimeOffset StartedAt { get; private set; }

    /// <summary>When the command ended.</summary>
    internal DateTimeOffset EndedAt { get; set; }

    /// <summary>The fresh working folder, to be removed; null when the request named one.</summary>
    internal WorkFolder? OwnFolder { get; set; }

    /// <summary>The folder of its result and inputs, to be removed; null when it has none.</summary>
    internal WorkFolder? ExchangeFolder { get; set; }

    /// <summary>What holds it to its limits; null when it has none.</summary>
    internal LimitedTree? LimitedTree { get; set; }

    /// <summary>The time used by those of its tree that have been reaped.</summary>
    internal TimeSpan ReapedCpuTime => cpuTime;

    /// <inheritdoc/>
    public void Follow(Action<ProcessOutcome> follower)
    {
        if (Interlocked.CompareExchange(ref followerOrOutcome, follower, null) is ProcessOutcome outcome) follower(outcome);
    }

    /// <summary>Takes output that was read; returns whether it has kept the array.</summary>
    [SuppressMessage("Design", "CA1031", Justification = "A sink that fails must not end the loop of other commands.")]
    internal bool AddOutput(OutputStream stream, byte[] array, int length)
    {
        var capture = stream == OutputStream.StandardOutput
            ? standardOutput ??= new(stream, request.MaxOutputBytes)
            : standardError ??= new(stream, request.MaxOutputBytes);
        try
        {
            return capture.Add(array, length, sinkFailure is null ? request.Output : null);
        }
        catch (Exception failure)
        {
            sinkFailure = failure;
            return false;
        }
    }

    /// <summary>Something of its tree may not be killed.</summary>
    internal void Leave(int untouchable) => host.ProcessLeft(untouchable);

    /// <summary>Counts what a reaped process of this tree has used.</summary>
    internal void AddUsage(in Libc.ResourceUsage usage)
    {
        cpuTime += usage.CpuTime;
        maxResidentKilobytes = Math.Max(maxResidentKilobytes, usage.MaxResidentKilobytes);
    }

    /// <summary>Ends an attempt whose command never ran.</summary>
    internal void FailToStart(string? message) =>
        EndUnstarted(message is null ? stopReason ?? EndReason.Cancelled : EndReason.SpawnFailed, message);

    /// <summary>Ends an attempt that this host cannot start, though another may: as if it had been killed before its start.</summary>
    internal void PutBack(string message) => EndUnstarted(stopReason ?? EndReason.Killed, message);

    private void EndUnstarted(EndReason reason, string? message)
    {
        reaped = true;
        timeoutTimer?.Dispose();
        Input?.End();
        EndedAt = time.GetUtcNow();
        Complete(new()
        {
            Reason = reason,
            Message = message,
            StartedAt = StartedAt,
            EndedAt = EndedAt,
        });
    }

    /// <summary>Kills a command that runs but cannot be followed.</summary>
    internal void Abandon(string message)
    {
        abandoned = message;
        KillNow();
    }

    /// <summary>Ends the attempt: its tree is dead.</summary>
    internal void Finish()
    {
        var signal = waitStatus & 0x7f;
        Complete(new()
        {
            Reason = Reason(signal),
            Message = abandoned,
            ExitCode = signal == 0 ? (waitStatus >> 8) & 0xff : null,
            Signal = signal == 0 ? null : SignalNames.Of(signal),
            StandardOutput = standardOutput?.ToCapture() ?? StreamCapture.Empty,
            StandardError = standardError?.ToCapture() ?? StreamCapture.Empty,
            CpuTime = cpuTime,
            MaxResidentBytes = LimitedTree?.PeakBytes ?? LargestProcess,
            StartedAt = StartedAt,
            EndedAt = EndedAt,
            SinkFailure = sinkFailure,
        });
    }

    // A process starts with the peak of the one that spawned it: only what exceeds ours is its own.
    private long? LargestProcess => maxResidentKilobytes > Libc.OwnPeakKilobytes ? maxResidentKilobytes * 1024 : null;

    private EndReason Reason(int signal) => abandoned is not null
        ? EndReason.SpawnFailed
        : stopReason ?? (RanOutOfMemory ? EndReason.OutOfMemory : signal == 0 ? EndReason.Exit : EndReason.Signal);

    /// <summary>Also when its shell went on and ended well after the kernel had killed a child of it.</summary>
    private bool RanOutOfMemory => LimitedTree is { RanOutOfMemory: true };

    private void Complete(ProcessOutcome outcome)
    {
        if (LimitedTree is not null) host.Limits.Release(this);
        if (ExchangeFolder is null && (OwnFolder is not { } folder || host.Folders.TryReturn(folder)))
        {
            End(outcome, folderLeft: null);
            return;
        }
        // Something was left, perhaps a lot: not on a thread that others wait for.
        ThreadPool.UnsafeQueueUserWorkItem(
            static state => state.Process.CompleteSlowly(state.Outcome), (Process: this, Outcome: outcome),
            preferLocal: false);
    }

    private void CompleteSlowly(ProcessOutcome outcome)
    {
        if (ExchangeFolder is { } exchange) outcome = Exchange.Take(outcome, this, exchange);
        var ownLeft = Left(OwnFolder);
        End(outcome, Left(ExchangeFolder) ?? ownLeft);
    }

    /// <summary>Puts away or removes a folder; its path when it could not be removed.</summary>
    private string? Left(WorkFolder? given)
    {
        if (given is not { } folder || host.Folders.TryReturn(folder)) return null;
        if (FolderRemover.Remove(folder.Path, out var error)) return null;
        host.FolderLeft(folder.Path, Libc.Describe(error));
        // Another task may have put something of its own into it, which must not cost this one's number.
        return User is { IsOfOneTask: true } && FolderRemover.Seal(folder.Path) ? null : folder.Path;
    }

    private void End(ProcessOutcome outcome, string? folderLeft)
    {
        host.TakeUserBack(this, folderLeft);
        host.Running.TryRemove(new(this, true));
        // Before the completion: who has seen that meets the outcome in Follow, not a moment without it.
        var follower = Interlocked.Exchange(ref followerOrOutcome, outcome) as Action<ProcessOutcome>;
        completion.SetResult(outcome);
        follower?.Invoke(outcome);
    }
}
