using Microsoft.Extensions.Logging;
using OrleansTasks.Worker.Chunks;
using OrleansTasks.Worker.Processes;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.Worker.Agent;

/// <summary>Carries out commands: starts and stops processes and turns their ends into results.</summary>
internal sealed partial class AttemptRunner : IDisposable
{
    private readonly AttemptEnvironment environment;
    private readonly AgentState state;
    private readonly IProcessHost host;
    private readonly ProgressReporter reporter;
    private readonly OutputPump pump;
    private readonly ILogger logger;
    private readonly ChunkRuns chunks;
    private readonly ITimer waitTimer;
    private TaskCompletionSource? quiet;

    internal AttemptRunner(AgentState state, IProcessHost host, ProgressReporter reporter, OutputPump pump, ILogger logger)
    {
        (this.state, this.host, this.reporter, this.pump, this.logger) = (state, host, reporter, pump, logger);
        environment = new(state.Options.NodeId, state.Options.Home, Environment.GetEnvironmentVariable);
        chunks = new(host, environment, state.Options, state.Time, state.Machine.Evaluate);
        waitTimer = state.Time.CreateTimer(static self => ((AttemptRunner)self!).WaitEnded(), this,
            Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Called when an attempt has been started, so that its lease is watched.</summary>
    internal Action? Started { get; set; }

    /// <summary>Carries out what the master sent in a session; false: that session is over, and nothing of it may start.</summary>
    internal bool Take(Commands commands, long session)
    {
        foreach (var start in commands.Start)
        {
            if (!Start(start, session))
                return false;
        }

        foreach (var lease in commands.Cancel)
            Cancel(lease);
        foreach (var lease in commands.Kill)
            Revoke(lease);
        reporter.Wake();
        return true;
    }

    /// <summary>Kills an attempt whose lease is not current any more, or refuses it if it never came.</summary>
    internal void Revoke(Lease lease)
    {
        Attempt? attempt;
        lock (state.Gate)
            attempt = state.Held.Revoke(lease);
        attempt?.Process?.KillNow();
        reporter.Wake();
    }

    /// <summary>Kills everything that lives, at once.</summary>
    internal int KillAll(StopCause cause)
    {
        List<Attempt> doomed;
        lock (state.Gate)
        {
            state.Held.RefuseWaiting(long.MaxValue);
            doomed = [.. state.Held.All.Where(a => HeldAttempts.Stop(a, cause))];
        }

        reporter.Wake();
        chunks.KillIdle();
        foreach (var attempt in doomed)
            attempt.Process?.KillNow();
        return doomed.Count;
    }

    /// <summary>Puts back what waits for a slot.</summary>
    internal void RefuseWaiting()
    {
        lock (state.Gate)
            state.Held.RefuseWaiting(long.MaxValue);
        reporter.Wake();
    }

    /// <summary>Completes once no attempt lives.</summary>
    internal Task QuietAsync()
    {
        lock (state.Gate)
        {
            if (state.Held.Living == 0)
                return Task.CompletedTask;
            return (quiet ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }
    }

    /// <summary>Ends the programs that are kept between chunks; completes once nothing of them is left.</summary>
    internal Task CloseAsync() => chunks.CloseAsync();

    private bool Start(Start start, long session)
    {
        StartDecision decision;
        Attempt? attempt;
        lock (state.Gate)
        {
            // The next registration vouches that what it does not name will not start: so it is decided where that is read.
            if (state.Session.Current != session)
                return false;
            decision = state.Held.Receive(
                start, state.Time.GetTimestamp(), state.Lease.Left() > TimeSpan.Zero && !host.IsEnding, out attempt);
        }

        switch (decision)
        {
            case StartDecision.Run:
                Launch(attempt!);
                break;
            case StartDecision.Wait:
                waitTimer.Change(state.Options.SlotWait, Timeout.InfiniteTimeSpan);
                break;
            case StartDecision.Refuse:
                state.Instruments.Refuse();
                RefusedStart(start.Lease.TaskId, start.Lease.Attempt);
                break;
        }

        return true;
    }

    /// <summary>Puts back what has waited for a slot for too long.</summary>
    private void WaitEnded()
    {
        var now = state.Time.GetTimestamp();
        bool refused;
        long? next;
        lock (state.Gate)
        {
            refused = state.Held.RefuseWaiting(now);
            next = state.Held.NextWaitEnd;
        }

        if (next is { } due)
        {
            var wait = state.Time.GetElapsedTime(now, due);
            waitTimer.Change(wait < TimeSpan.FromMilliseconds(1) ? TimeSpan.FromMilliseconds(1) : wait, Timeout.InfiniteTimeSpan);
        }

        if (refused)
            reporter.Wake();
    }

    private void Launch(Attempt attempt)
    {
        var start = attempt.Start!;
        if (start.Chunk is not null)
        {
            LaunchChunk(attempt, start);
            return;
        }

        state.Options.Received?.Invoke(start.Lease.TaskId, start.Name);
        var output = new AttemptOutput(start.Lease, pump, state.Time.GetTimestamp());
        IRunningProcess process;
        try
        {
            process = host.Start(RequestOf(start, output));
        }
        catch (ArgumentException refusal)
        {
            TreeDied(attempt);
            End(attempt, AttemptResults.NotStarted(start.Lease, refusal.Message));
            return;
        }
        catch (ObjectDisposedException)
        {
            TreeDied(attempt);
            PutBack(attempt);
            return;
        }

        state.Instruments.Start();
        output.Process = process;
        bool cancel, kill;
        lock (state.Gate)
        {
            attempt.Process = process;
            (cancel, kill) = (attempt.CancelWanted, attempt.Cause != StopCause.None);
        }

        // What came while the process was being made found nothing to stop.
        if (kill)
            process.KillNow();
        else if (cancel)
            process.Cancel(attempt.KillGrace);
        Started?.Invoke();
        _ = FollowAsync(attempt, process, output);
    }

    /// <summary>
    /// Evaluates a chunk on its slot; there is no process, so an end comes as soon as the evaluation looks.
    /// </summary>
    private void LaunchChunk(Attempt attempt, Start start)
    {
        var run = chunks.Of(start);
        state.Instruments.Start();
        bool stop;
        lock (state.Gate)
        {
            attempt.Process = run;
            stop = attempt.CancelWanted || attempt.Cause != StopCause.None;
        }

        if (stop)
            run.KillNow();
        Started?.Invoke();
        run.Start(result => ChunkEnded(attempt, result));
    }

    private void ChunkEnded(Attempt attempt, Result? result)
    {
        TreeDied(attempt);
        if (result is not null)
            End(attempt, result);
        else if (attempt.Cause == StopCause.LeaseLapsed || attempt.CancelWanted)
            End(attempt, AttemptResults.ChunkStopped(attempt.Lease, attempt.Cause == StopCause.LeaseLapsed));
        else
            PutBack(attempt);
    }

    private void Cancel(Lease lease)
    {
        Attempt? attempt;
        lock (state.Gate)
            attempt = state.Held.Cancel(lease);
        attempt?.Process?.Cancel(attempt.KillGrace);
    }

    private async Task FollowAsync(Attempt attempt, IRunningProcess process, AttemptOutput output)
    {
        var outcome = await process.Completion;
        TreeDied(attempt);
        if (outcome.SinkFailure is { } failure)
            OutputFailed(failure, attempt.Lease.TaskId, attempt.Lease.Attempt);
        if (outcome.Reason == EndReason.Killed && attempt.Cause != StopCause.LeaseLapsed)
        {
            output.Abandon();
            // One that ran when the worker died is lost with it; one that did not begin can be anybody's.
            if (attempt.Cause == StopCause.Revoked || (host.IsEnding && process.ProcessId != 0))
                End(attempt, AttemptResults.Lost(attempt.Lease, outcome));
            else
                PutBack(attempt);
            return;
        }

        var inline = AttemptResults.FitsInline(outcome);
        await output.CompleteAsync(inline);
        End(attempt, AttemptResults.Of(attempt.Lease, outcome, inline));
    }

    private void PutBack(Attempt attempt)
    {
        lock (state.Gate)
            state.Held.Refuse(attempt);

        reporter.Wake();
    }

    private void End(Attempt attempt, Result result)
    {
        state.Instruments.End(result);
        lock (state.Gate)
            state.Held.End(attempt, result, state.Time.GetTimestamp());
        reporter.Wake();
    }

    private void TreeDied(Attempt attempt)
    {
        Attempt? next;
        lock (state.Gate)
        {
            state.Held.TreeDied(attempt);
            next = state.Held.TakeWaiting(state.Time.GetTimestamp());
            if (state.Held.Living == 0)
            {
                quiet?.TrySetResult();
                quiet = null;
            }
        }

        if (next is not null)
            Launch(next);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        waitTimer.Dispose();
        chunks.Dispose();
    }

    private StartRequest RequestOf(Start start, AttemptOutput output) => new()
    {
        Arguments = start.Argv,
        Environment = environment.Of(start),
        WorkingDirectory = start.Cwd.Length == 0 ? null : start.Cwd,
        Input = start.Stdin.Memory,
        Timeout = start.TimeoutMs > 0 ? TimeSpan.FromMilliseconds(start.TimeoutMs) : null,
        KillGrace = TimeSpan.FromMilliseconds(start.KillGraceMs),
        MaxOutputBytes = start.MaxOutputBytes,
        Limits = LimitsOf(start),
        Output = output,
    };

    private static ProcessLimits? LimitsOf(Start start)
    {
        var limits = new ProcessLimits
        {
            MemoryBytes = start.MemoryBytes > 0 ? start.MemoryBytes : null,
            CpuTime = start.CpuTimeMs > 0 ? TimeSpan.FromMilliseconds(start.CpuTimeMs) : null,
            Processes = start.Processes > 0 ? start.Processes : null,
            OpenFiles = start.OpenFiles > 0 ? start.OpenFiles : null,
        };
        return limits.IsNone ? null : limits;
    }
}
