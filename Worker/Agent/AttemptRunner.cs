using Microsoft.Extensions.Logging;
using OrleansTasks.Worker.Processes;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.Worker.Agent;

/// <summary>Carries out commands: starts and stops processes and turns their ends into results.</summary>
internal sealed partial class AttemptRunner(
    AgentState state, IProcessHost host, ProgressReporter reporter, OutputPump pump, ILogger logger)
{
    private readonly AttemptEnvironment environment = new(state.Options.NodeId, Environment.GetEnvironmentVariable);
    private TaskCompletionSource? quiet;

    /// <summary>Called when an attempt has been started, so that its lease is watched.</summary>
    internal Action? Started { get; set; }

    /// <summary>Carries out what the master sent.</summary>
    internal void Take(Commands commands)
    {
        foreach (var start in commands.Start)
            Start(start);
        foreach (var lease in commands.Cancel)
            Cancel(lease);
        foreach (var lease in commands.Kill)
            Revoke(lease);
        reporter.Wake();
    }

    /// <summary>Kills an attempt whose lease is not current any more; nobody waits for its result.</summary>
    internal void Revoke(Lease lease)
    {
        Attempt? attempt;
        lock (state.Gate)
            attempt = state.Held.Revoke(lease);
        attempt?.Process?.KillNow();
    }

    /// <summary>Kills everything that lives, at once.</summary>
    internal int KillAll(StopCause cause)
    {
        List<Attempt> doomed;
        lock (state.Gate)
            doomed = [.. state.Held.All.Where(a => HeldAttempts.Stop(a, cause))];
        foreach (var attempt in doomed)
            attempt.Process?.KillNow();
        return doomed.Count;
    }

    /// <summary>Completes once no process tree lives.</summary>
    internal Task QuietAsync()
    {
        lock (state.Gate)
        {
            if (state.Held.Living == 0)
                return Task.CompletedTask;
            return (quiet ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }
    }

    private void Start(Start start)
    {
        StartDecision decision;
        Attempt? attempt;
        lock (state.Gate)
            decision = state.Held.Receive(
                start, state.Time.GetTimestamp(), state.Lease.Left() > TimeSpan.Zero, out attempt);
        if (decision != StartDecision.Run)
        {
            if (decision == StartDecision.Refuse)
            {
                state.Instruments.Refuse();
                RefusedStart(start.Lease.TaskId, start.Lease.Attempt);
            }

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
            TreeDied(attempt!);
            End(attempt!, AttemptResults.NotStarted(start.Lease, refusal.Message));
            return;
        }
        catch (ObjectDisposedException)
        {
            TreeDied(attempt!);
            PutBack(attempt!);
            return;
        }

        state.Instruments.Start();
        output.Process = process;
        bool cancel, kill;
        lock (state.Gate)
        {
            attempt!.Process = process;
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
        {
            if (attempt.Cause == StopCause.Revoked)
                state.Held.Drop(attempt);
            else
                state.Held.Refuse(attempt);
        }

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
        lock (state.Gate)
        {
            state.Held.TreeDied(attempt);
            if (state.Held.Living != 0)
                return;
            quiet?.TrySetResult();
            quiet = null;
        }
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
