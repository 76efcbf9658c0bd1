using System.Diagnostics.CodeAnalysis;
using OrleansTasks.Worker.Files;
using OrleansTasks.Worker.Processes.Containers;
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
    private long? startedTimestamp;

    /// <summary>
    /// First null, then the follower to call at the end, then the <see cref="ProcessOutcome"/>. Changed atomically.
    /// </summary>
    private object? followerOrOutcome;

    /// <summary>When the start was attempted.</summary>
    internal DateTimeOffset StartedAt { get; private set; }

    /// <summary>When the command ended; see <see cref="ProcessOutcome.EndedAt"/>.</summary>
    internal DateTimeOffset EndedAt { get; private set; }

    /// <summary>How long ago the start was attempted; zero if it never was.</summary>
    private TimeSpan RunTime => startedTimestamp is { } began ? time.GetElapsedTime(began) : TimeSpan.Zero;

    /// <summary>The fresh working folder, which is removed at the end; null if the request named a folder.</summary>
    internal WorkFolder? OwnFolder { get; set; }

    /// <summary>The folder for the result and inputs, which is removed at the end; null if there is none.</summary>
    internal WorkFolder? ExchangeFolder { get; set; }

    /// <summary>The control groups and usage of a command with limits; null if it has none.</summary>
    internal LimitedTree? LimitedTree { get; set; }

    /// <summary>What limits the command before its program begins; null if nothing does.</summary>
    internal Func<int, string?>? Limit => LimitedTree is { Holds: true } tree ? tree.Take : null;

    /// <summary>The processor time of those processes of the tree that have been reaped.</summary>
    internal TimeSpan ReapedCpuTime => cpuTime;

    /// <inheritdoc/>
    public void Follow(Action<ProcessOutcome> follower)
    {
        if (Interlocked.CompareExchange(ref followerOrOutcome, follower, null) is ProcessOutcome outcome) follower(outcome);
    }

    /// <summary>Takes output that was read. Returns whether the sink keeps the array.</summary>
    [SuppressMessage("Design", "CA1031", Justification = "A sink that fails must not end the loop of other commands.")]
    internal bool AddOutput(StandardStream stream, byte[] array, int length)
    {
        var capture = stream == StandardStream.Output
            ? standardOutput ??= new(stream, request.MaxOutputBytes, request.HidesProgress)
            : standardError ??= new(stream, request.MaxOutputBytes, request.HidesProgress);
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

    /// <summary>Logs that the worker may not kill a process of this tree.</summary>
    internal void Leave(int untouchable) => host.ProcessLeft(untouchable);

    /// <summary>Records that the command has ended, now.</summary>
    internal void NoteEnd() => EndedAt = StartedAt + RunTime;

    /// <summary>Adds what a reaped process of this tree has used.</summary>
    internal void AddUsage(in Libc.ResourceUsage usage)
    {
        cpuTime += usage.CpuTime;
        maxResidentKilobytes = Math.Max(maxResidentKilobytes, usage.MaxResidentKilobytes);
    }

    /// <summary>Ends an attempt whose command never ran. A null message means that it was stopped before.</summary>
    internal void FailToStart(string? message) => EndUnstarted(
        message is null ? stopReason ?? ProcessEndReason.Cancelled
            : RanOutOfMemory ? ProcessEndReason.OutOfMemory : ProcessEndReason.SpawnFailed,
        message);

    /// <summary>Ends an attempt whose inputs are not in the working folder. A null message means that it was stopped before.</summary>
    internal void FailToPut(string? message)
    {
        if (message is null) FailToStart(null);
        else EndUnstarted(ProcessEndReason.FileUnavailable, message);
    }

    /// <summary>
    /// Ends an attempt that this host cannot start but another may: as if it had been killed before its start.
    /// </summary>
    internal void PutBack(string message) => EndUnstarted(stopReason ?? ProcessEndReason.Killed, message);

    private void EndUnstarted(ProcessEndReason reason, string? message)
    {
        reaped = true;
        timeoutTimer?.Dispose();
        Input?.End();
        NoteEnd();
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

    /// <summary>Ends the attempt once its tree is dead.</summary>
    internal void Finish()
    {
        sinkFailure = OutputCapture.End([standardOutput, standardError], request.Output, sinkFailure);
        // The low seven bits of a wait status are the signal, and the next byte is the exit code.
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

    // A process starts with the peak of the process that spawned it, so only a peak above ours is its own.
    private long? LargestProcess => maxResidentKilobytes > Libc.OwnPeakKilobytes ? maxResidentKilobytes * 1024 : null;

    private ProcessEndReason Reason(int signal) => abandoned is not null
        ? ProcessEndReason.SpawnFailed
        : stopReason ?? (RanOutOfMemory ? ProcessEndReason.OutOfMemory : signal == 0 ? ProcessEndReason.Exit : ProcessEndReason.Signal);

    /// <summary>
    /// Whether the tree ran out of memory. The command may still have exited normally, if the kernel killed only a
    /// child of it.
    /// </summary>
    private bool RanOutOfMemory => LimitedTree is { RanOutOfMemory: true };

    private void Complete(ProcessOutcome outcome)
    {
        forwarder?.Dispose();
        if (LimitedTree is not null) host.Limits.Release(this);
        if (Container is { } container)
        {
            ThreadPool.UnsafeQueueUserWorkItem(
                static state => _ = state.Process.CompleteContainerAsync(state.Container, state.Outcome),
                (Process: this, Container: container, Outcome: outcome), preferLocal: false);
            return;
        }
        if (ExchangeFolder is null && request.Files is null && (OwnFolder is not { } folder || host.Folders.TryReturn(folder)))
        {
            End(outcome, folderLeft: null);
            return;
        }
        // Removing what was left may take long, so it must not block a thread that others wait for.
        ThreadPool.UnsafeQueueUserWorkItem(
            static state => state.Process.CompleteSlowly(state.Outcome), (Process: this, Outcome: outcome),
            preferLocal: false);
    }

    [SuppressMessage("Design", "CA1031", Justification = "Whatever fails, the attempt must end.")]
    private async Task CompleteContainerAsync(ContainerRun container, ProcessOutcome outcome)
    {
        var ended = outcome;
        try
        {
            outcome = await host.Containers.OutcomeAsync(this, container, ended).ConfigureAwait(false);
        }
        catch (Exception failure)
        {
            host.ContainerUnasked(failure, container.Name);
        }
        try
        {
            await host.Containers.RemoveAsync(this, container, ended).ConfigureAwait(false);
        }
        catch (Exception failure)
        {
            host.ContainerLeft(failure, container.Name);
        }
        outcome = Take(outcome);
        var ownLeft = await LeftOfContainerAsync(OwnFolder).ConfigureAwait(false);
        End(outcome, await LeftOfContainerAsync(ExchangeFolder).ConfigureAwait(false) ?? ownLeft);
    }

    private void CompleteSlowly(ProcessOutcome outcome)
    {
        if (request.Files is not { HasArtifacts: true })
        {
            CompleteFolders(outcome);
            return;
        }
        // What is collected cannot be handed over, so a handover waits.
        lock (exchanging) CompleteFolders(outcome);
    }

    private void CompleteFolders(ProcessOutcome outcome)
    {
        outcome = Take(outcome);
        var ownLeft = Left(OwnFolder);
        End(outcome, Left(ExchangeFolder) ?? ownLeft);
    }

    /// <summary>Takes the result and the artifacts that the command left.</summary>
    private ProcessOutcome Take(ProcessOutcome outcome)
    {
        if (ExchangeFolder is { } exchange) outcome = TakeExchanged(outcome, exchange);
        if (request.Files is not { HasArtifacts: true } files || OwnFolder is not { } folder || pid == 0) return outcome;
        lock (exchanging)
        {
            isCollected = true;
            return Collect(outcome, files, folder);
        }
    }

    private ProcessOutcome Collect(ProcessOutcome outcome, AttemptFiles files, in WorkFolder folder)
    {
        try
        {
            return files.Collect(outcome, folder.Path, User);
        }
        catch (OperationCanceledException)
        {
            lock (gate) return outcome with { Reason = stopReason ?? ProcessEndReason.Killed };
        }
    }

    /// <summary>Puts a folder away for reuse or removes it. Returns its path if that failed.</summary>
    private string? Left(WorkFolder? given) =>
        given is not { } folder || IsCleared(folder, out var error) ? null : Leave(folder, error);

    /// <summary>As <see cref="Left"/>, for a folder in which each user of the container may have files.</summary>
    private async Task<string?> LeftOfContainerAsync(WorkFolder? given)
    {
        if (given is not { } folder || IsCleared(folder, out var error)) return null;
        return error is (Libc.EACCES or Libc.EPERM) && await host.Containers.RemoveFolderAsync(folder.Path).ConfigureAwait(false)
            ? null
            : Leave(folder, error);
    }

    private bool IsCleared(in WorkFolder folder, out int error)
    {
        error = 0;
        return host.Folders.TryReturn(folder) || FolderRemover.Remove(folder.Path, out error);
    }

    private string? Leave(in WorkFolder folder, int error)
    {
        host.FolderLeft(folder.Path, Libc.Describe(error));
        // Another task may have put a file of its own into the folder. That must not block this task's user number.
        return User is { IsOfOneTask: true } && FolderRemover.Seal(folder.Path) ? null : folder.Path;
    }

    private void End(ProcessOutcome outcome, string? folderLeft)
    {
        request.Files?.Dispose();
        host.TakeUserBack(this, folderLeft);
        host.Running.TryRemove(new(this, true));
        // The outcome is set before the completion, so that a caller who has seen the completion finds it in Follow.
        var follower = Interlocked.Exchange(ref followerOrOutcome, outcome) as Action<ProcessOutcome>;
        completion.SetResult(outcome);
        follower?.Invoke(outcome);
    }
}
