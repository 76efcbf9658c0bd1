using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;
using OrleansTasks.Worker.Chunks;
using OrleansTasks.Worker.Files;
using OrleansTasks.Worker.Processes;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.Worker.Agent;

/// <summary>Carries out commands: starts and stops processes, and converts their ends to results.</summary>
internal sealed partial class AttemptRunner : IDisposable
{
    private readonly AttemptEnvironment environment;
    private readonly AgentState state;
    private readonly IProcessHost host;
    private readonly ProgressReporter reporter;
    private readonly OutputPump pump;
    private readonly ILogger logger;
    private readonly ChunkRunFactory chunks;
    private readonly WaitingStarts waiting;
    private readonly AttemptTransfers transfers;
    private readonly ProgressNews news;
    private TaskCompletionSource? quiet;

    internal AttemptRunner(AgentState state, IProcessHost host, ProgressReporter reporter, OutputPump pump, ILogger logger)
    {
        (this.state, this.host, this.reporter, this.pump, this.logger) = (state, host, reporter, pump, logger);
        environment = new(state.Options.NodeId, state.Options.RunAs?.Home, Environment.GetEnvironmentVariable);
        waiting = new(state, reporter);
        transfers = new(state, host, state.Machine.Files);
        news = new(state);
        chunks = new(
            host, environment, state.Options, state.Time, state.Machine.Evaluate,
            transfers.TakesFiles ? transfers.OpenAsync : null);
    }

    /// <summary>Called when an attempt has been started, so that its lease is watched.</summary>
    internal Action<Attempt>? Started { get; set; }

    /// <summary>
    /// Carries out what the master sent in a session. Returns false if the session is over; none of its commands may
    /// start then.
    /// </summary>
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
            Revoke(lease, wasListed: true);
        reporter.Wake();
        return true;
    }

    /// <inheritdoc cref="HeldAttempts.Revoke"/>
    internal void Revoke(Lease lease, bool wasListed)
    {
        Attempt? attempt;
        lock (state.Gate)
            attempt = state.Held.Revoke(lease, wasListed);
        attempt?.Process?.KillNow();
        reporter.Wake();
    }

    /// <summary>Kills all living attempts at once. Returns their number.</summary>
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

    /// <summary>
    /// Kills the running attempts, and refuses the waiting ones, of queues whose leases were not renewed in time.
    /// </summary>
    /// <returns>The number of attempts killed.</returns>
    internal int KillLapsed()
    {
        List<Attempt> doomed;
        bool refused;
        lock (state.Gate)
        {
            refused = state.Held.RefuseWaiting(HasLapsed);
            doomed = [.. state.Held.All.Where(a => HasLapsed(a) && HeldAttempts.Stop(a, StopCause.LeaseLapsed))];
        }

        if (refused || doomed.Count > 0)
            reporter.Wake();
        foreach (var attempt in doomed)
            attempt.Process?.KillNow();
        return doomed.Count;
    }

    // Negated, so that a null deadline counts as lapsed.
    private bool HasLapsed(Attempt attempt) => !(state.DeadlineOf(attempt) > state.Lease.Now());

    /// <summary>Refuses the attempts that wait for a slot, and puts back those that wait for their inputs.</summary>
    internal void RefuseWaiting()
    {
        waiting.RefuseAll();
        transfers.StopFetching();
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

    /// <summary>
    /// Ends the programs that are kept between chunks. Completes once none of their processes is left.
    /// </summary>
    internal Task CloseAsync() => chunks.CloseAsync();

    private bool Start(Start start, long session)
    {
        if (start.Lease is null)
        {
            StartWithoutLease();
            return true;
        }

        StartDecision decision;
        Attempt? attempt = null;
        lock (state.Gate)
        {
            // The next registration guarantees that an attempt it does not list will not start.
            // So this is decided under the gate under which the list is made.
            if (state.Session.Current != session)
                return false;
            // A time in the future is invalid: no heartbeat was sent then.
            start.AsOf = Math.Min(start.AsOf, state.Lease.Now());
            var mayRun = state.Lease.Left(start.Lease.Queue, start.AsOf) > TimeSpan.Zero && !host.IsEnding;
            decision = start.AsOf != 0 && state.Lease.IsOver(start.AsOf) && !state.Held.Holds(start.Lease)
                ? StartDecision.PassOver
                : state.Held.Receive(start, state.Time.GetTimestamp(), mayRun, out attempt);
        }

        switch (decision)
        {
            case StartDecision.Run:
                Launch(attempt!);
                break;
            case StartDecision.Wait:
                waiting.Watch();
                break;
            case StartDecision.Refuse:
                state.Instruments.Refuse();
                RefusedStart(start.Lease.TaskId, start.Lease.Attempt);
                break;
            case StartDecision.PassOver:
                StaleStart(start.Lease.TaskId, start.Lease.Attempt);
                break;
        }

        return true;
    }

    /// <summary>Runs an attempt. If it cannot run, runs the one that waits behind it.</summary>
    private void Launch(Attempt? attempt)
    {
        while (attempt is not null)
            attempt = LaunchOne(attempt, attempt.Start!);
    }

    /// <summary>Returns null if the attempt runs; otherwise the next attempt to launch, if any.</summary>
    private Attempt? LaunchOne(Attempt attempt, Start start) =>
        start.Chunk is not null ? LaunchChunk(attempt, start)
        : start.Files is null && !StartRequests.NeedsImage(start, host) ? LaunchProcess(attempt, start, files: null)
        : LaunchPrepared(attempt, start);

    private Attempt? LaunchProcess(Attempt attempt, Start start, AttemptFiles? files)
    {
        if (!TryBeginLaunch(attempt))
        {
            files?.Dispose();
            return null;
        }

        try
        {
            return StartProcess(attempt, start, files);
        }
        finally
        {
            Interlocked.Decrement(ref launching);
        }
    }

    [SuppressMessage("Design", "CA1031", Justification = "This may be the thread that all commands hang on: it must go on.")]
    private Attempt? StartProcess(Attempt attempt, Start start, AttemptFiles? files)
    {
        state.Options.Received?.Invoke(start.Lease.TaskId, start.Name);
        attempt.Span = AttemptTraces.Begin(start, state.Options.NodeId);
        var output = new OutputBuffer(start.Lease, pump, state.Time.GetTimestamp(), news);
        IRunningProcess process;
        try
        {
            process = host.Start(StartRequests.Of(attempt, start, environment, output, files));
        }
        catch (ObjectDisposedException)
        {
            files?.Dispose();
            var next = TreeDied(attempt);
            PutBack(attempt, isUnable: true);
            return next;
        }
        catch (Exception refusal)
        {
            files?.Dispose();
            return CannotStart(attempt, refusal);
        }

        state.Instruments.Start();
        Attach(attempt, process, output);
        return null;
    }

    /// <summary>Follows a command that was started or adopted for an attempt.</summary>
    private void Attach(Attempt attempt, IRunningProcess process, OutputBuffer output)
    {
        output.Process = process;
        bool cancel, kill;
        lock (state.Gate)
        {
            attempt.Process = process;
            (cancel, kill) = (attempt.CancelWanted, attempt.Cause != StopCause.None);
        }

        // A cancel or kill that arrived while the process was being created found no process to stop.
        if (kill)
            process.KillNow();
        else if (cancel)
            process.Cancel(attempt.KillGrace);
        Started?.Invoke(attempt);
        process.Follow(outcome => Ended(attempt, process, output, outcome));
    }

    [SuppressMessage("Design", "CA1031", Justification = "As of a process.")]
    private Attempt? LaunchPrepared(Attempt attempt, Start start)
    {
        try
        {
            if (start.Files is not null && !transfers.TakesFiles)
                throw new NotSupportedException("This worker takes no commands with files.");
            if (start.Files is not null && start.Cwd.Length > 0)
                throw new NotSupportedException("A command with files has no working folder of its own choice.");
            if (transfers.NeedsNone(start))
                return LaunchProcess(attempt, start, transfers.WithoutInputs(start));
        }
        catch (Exception refusal)
        {
            return CannotStart(attempt, refusal);
        }

        var transfer = transfers.Begin(attempt, isStoring: false);
        Started?.Invoke(attempt);
        Elsewhere.Begin(() => LaunchWhenPreparedAsync(attempt, start, transfer));
        return null;
    }

    private async Task LaunchWhenPreparedAsync(Attempt attempt, Start start, FileTransfer transfer)
    {
        var (files, outcome) = await transfers.PrepareAsync(attempt, start, transfer);
        if (outcome is null)
        {
            Launch(LaunchProcess(attempt, start, files));
            return;
        }

        var next = TreeDied(attempt);
        if (Judge(attempt, hadBegun: false, output: null, outcome).Result is { } result)
            End(attempt, result);
        else
            PutBack(attempt, host.IsEnding);
        Launch(next);
    }

    private Attempt? CannotStart(Attempt attempt, Exception refusal)
    {
        var next = TreeDied(attempt);
        End(attempt, AttemptResults.NotStarted(attempt.Lease, refusal.Message));
        return next;
    }

    /// <summary>
    /// Evaluates a chunk on its slot. There is no process, so a stop takes effect when the evaluation checks for it.
    /// </summary>
    [SuppressMessage("Design", "CA1031", Justification = "As of a process.")]
    private Attempt? LaunchChunk(Attempt attempt, Start start)
    {
        IChunkRun run;
        try
        {
            run = chunks.Of(start);
        }
        catch (Exception refusal)
        {
            return CannotStart(attempt, refusal);
        }

        state.Instruments.Start();
        bool stop;
        lock (state.Gate)
        {
            attempt.Process = run;
            stop = attempt.CancelWanted || attempt.Cause != StopCause.None;
        }

        if (stop)
            run.KillNow();
        Started?.Invoke(attempt);
        run.Start(result => ChunkEnded(attempt, result));
        return null;
    }

    private void ChunkEnded(Attempt attempt, Result? result)
    {
        Launch(TreeDied(attempt));
        if (result is null && (attempt.Cause == StopCause.LeaseLapsed || attempt.CancelWanted))
            result = AttemptResults.ChunkStopped(attempt.Lease, attempt.Cause == StopCause.LeaseLapsed);
        if (result is null)
        {
            PutBack(attempt, host.IsEnding);
            return;
        }

        NoteEnd(attempt, result);
        reporter.Wake();
    }

    private void Cancel(Lease lease)
    {
        Attempt? attempt;
        lock (state.Gate)
            attempt = state.Held.Cancel(lease);
        attempt?.Process?.Cancel(attempt.KillGrace);
    }

    /// <summary>
    /// Handles the end of a process, on the thread that saw it, which can thus start the next process at once.
    /// A chunk is launched elsewhere, because its evaluation must not occupy that thread.
    /// </summary>
    private void Ended(Attempt attempt, IRunningProcess process, OutputBuffer output, ProcessOutcome outcome)
    {
        outcome = Fenced(attempt, outcome);
        if (outcome.Artifacts is { } artifacts)
        {
            var transfer = transfers.Begin(attempt, isStoring: true);
            Elsewhere.Begin(async () =>
                Conclude(attempt, process, output, await transfers.StoreAsync(attempt, outcome, artifacts, transfer)));
        }
        else
        {
            Conclude(attempt, process, output, outcome);
        }
    }

    /// <summary>Frees the slot of an attempt whose tree is dead and whose artifacts are stored, and reports its end.</summary>
    private void Conclude(Attempt attempt, IRunningProcess process, OutputBuffer output, ProcessOutcome outcome)
    {
        var next = TreeDied(attempt);
        if (next is { Start.Chunk: not null })
            _ = Elsewhere.Run(() => Launch(next));
        else
            Launch(next);
        if (outcome.SinkFailure is { } failure)
            OutputFailed(failure, attempt.Lease.TaskId, attempt.Lease.Attempt);
        var (result, needsOutput) = Judge(attempt, process.ProcessId != 0, output, outcome);
        var stored = Task.CompletedTask;
        if (IsDiscarded(attempt, outcome))
            output.Abandon();
        else
            stored = output.CompleteAsync(inline: !needsOutput);
        if (result is null)
            PutBack(attempt, host.IsEnding, hadBegun: process.ProcessId != 0);
        else if (stored.IsCompletedSuccessfully)
            End(attempt, result);
        else
            _ = EndWhenAsync(stored, attempt, result);
    }

    /// <summary>
    /// Returns the result of a command that has ended, and whether the master must store the command's output first.
    /// The result is null if the attempt is put back.
    /// </summary>
    private (Result? Result, bool NeedsOutput) Judge(
        Attempt attempt, bool hadBegun, OutputBuffer? output, ProcessOutcome outcome)
    {
        if (!IsDiscarded(attempt, outcome))
        {
            var inline = AttemptResults.InlineMarks(outcome, output);
            return (AttemptResults.Of(attempt.Lease, outcome, inline), inline is null);
        }

        // An attempt that was running when the worker was ended is lost with it. One that had not begun can run on any
        // node.
        var isLost = attempt.Cause == StopCause.Revoked || (host.IsEnding && hadBegun);
        return (isLost ? AttemptResults.Lost(attempt.Lease, outcome) : null, false);
    }

    private static bool IsDiscarded(Attempt attempt, ProcessOutcome outcome) =>
        outcome.Reason == ProcessEndReason.Killed && attempt.Cause != StopCause.LeaseLapsed;

    /// <summary>
    /// Treats a SIGKILL that this agent did not send, after a lease has ended, as the end of the lease:
    /// the supervisor killed all tasks (<see cref="Supervision.AgentFence"/>).
    /// </summary>
    private ProcessOutcome Fenced(Attempt attempt, ProcessOutcome outcome)
    {
        if (outcome is not { Reason: ProcessEndReason.Signal, Signal: "SIGKILL" })
            return outcome;
        if (!state.Lease.IsFenced && !HasLapsed(attempt))
            return outcome;
        lock (state.Gate)
            HeldAttempts.Stop(attempt, StopCause.LeaseLapsed);
        return outcome with { Reason = ProcessEndReason.Killed };
    }

    private async Task EndWhenAsync(Task stored, Attempt attempt, Result result)
    {
        await stored;
        End(attempt, result);
    }

    private void PutBack(Attempt attempt, bool isUnable, bool hadBegun = false)
    {
        AttemptTraces.EndPutBack(attempt);
        lock (state.Gate)
            state.Held.Refuse(attempt, isUnable, hadBegun);

        reporter.WakeElsewhere();
    }

    private void End(Attempt attempt, Result result)
    {
        NoteEnd(attempt, result);
        reporter.WakeElsewhere();
    }

    private void NoteEnd(Attempt attempt, Result result)
    {
        state.Instruments.End(result);
        AttemptTraces.End(attempt, result);
        lock (state.Gate)
            state.Held.End(attempt, result, state.Time.GetTimestamp());
    }

    /// <summary>
    /// Frees the slot of an attempt whose tree is dead. Returns the attempt to launch in its place: the one that has
    /// waited longest.
    /// </summary>
    private Attempt? TreeDied(Attempt attempt)
    {
        lock (state.Gate)
        {
            state.Held.TreeDied(attempt);
            var now = state.Time.GetTimestamp();
            var next = state.Held.TakeWaiting(now);
            // Several attempts may have waited for the GPUs and cores of one.
            if (attempt.Gpus.Count + attempt.Cores.Count > 1)
            {
                while (state.Held.TakeWaiting(now) is { } other)
                    _ = Elsewhere.Run(() => Launch(other));
            }

            if (state.Held.Living == 0)
            {
                quiet?.TrySetResult();
                quiet = null;
            }

            return next;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        waiting.Dispose();
        news.Dispose();
        chunks.Dispose();
    }
}
