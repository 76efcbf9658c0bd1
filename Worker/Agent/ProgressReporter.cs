using System.Diagnostics.CodeAnalysis;
using Grpc.Core;
using Microsoft.Extensions.Logging;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.Worker.Agent;

/// <summary>
/// Reports to the master what started, ended and was refused: everything that is ready in one call, one call at a time,
/// repeated until it is settled. While tasks wait here for slots, a report is not urgent, so ends within a few
/// milliseconds are reported together. The thread that has news runs the loop up to its first wait, so a result is sent
/// without a change of thread.
/// </summary>
internal sealed partial class ProgressReporter : IDisposable
{
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(1);
    private readonly AgentState state;
    private readonly ILogger logger;
    private readonly Backoff backoff;
    private readonly CancellationTokenSource stop = new();
    private readonly ITimer startedTimer;
    private readonly long gatherTicks;
    private long gatherUntil;
    private long armedFor;
    private TaskCompletionSource? idle;
    private bool looping;

    internal ProgressReporter(AgentState state, ILogger logger)
    {
        (this.state, this.logger) = (state, logger);
        backoff = state.NewBackoff();
        gatherTicks = state.Ticks(state.Options.Gather);
        startedTimer = state.Time.CreateTimer(static self => ((ProgressReporter)self!).Tick(), this,
            Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Runs the loop, since there may be something to report.</summary>
    internal void Wake()
    {
        lock (state.Gate)
        {
            if (looping)
                return;
            looping = true;
        }

        _ = LoopAsync();
    }

    /// <summary>
    /// Does the same as <see cref="Wake"/>, but never sends on the caller's thread, because others wait for that
    /// thread.
    /// </summary>
    internal void WakeElsewhere()
    {
        lock (state.Gate)
        {
            if (looping || WaitsForMore(state.Time.GetTimestamp()))
                return;
            looping = true;
        }

        Elsewhere.Begin(LoopAsync);
    }

    /// <summary>Waits until everything that is over has been reported, or until cancelled.</summary>
    internal async Task DrainAsync(CancellationToken cancellation)
    {
        Task over;
        lock (state.Gate)
            over = (idle ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        Wake();
        await over.OrCancelledAsync(cancellation);
    }

    /// <summary>Ends the loop.</summary>
    public void Dispose()
    {
        startedTimer.Dispose();
        stop.Cancel();
    }

    private void Tick()
    {
        // The timer may fire a little early; it is then set again.
        lock (state.Gate)
            armedFor = 0;
        Wake();
    }

    [SuppressMessage("Design", "CA1031", Justification = "Whatever a call failed of, its report is repeated.")]
    private async Task LoopAsync()
    {
        while (Take() is { } batch)
        {
            var settled = false;
            Exception? failure = null;
            try
            {
                settled = await SendAsync(batch);
                backoff.Reset();
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                // The attempts stay held, and the spool keeps their results.
            }
            catch (Exception thrown)
            {
                failure = thrown;
            }

            if (settled)
                Settled(batch);
            else if (failure is RpcException { StatusCode: StatusCode.InvalidArgument } rejection)
                Rejected(batch, rejection.Message);
            else
                await FailedAsync(batch, failure);
        }
    }

    private async Task<bool> SendAsync(ReportBatch batch)
    {
        var session = state.Session.Current;
        if (session == 0)
            session = await state.Session.WaitAsync(stop.Token);
        if (state.IsSilent)
            await Task.Delay(Timeout.InfiniteTimeSpan, state.Time, stop.Token);
        batch.Message.NodeId = state.Options.NodeId;
        batch.Message.Session = session;
        var answer = await state.Call(
            c => state.Master.Report(batch.Message, c), state.Options.CallTimeout, stop.Token);
        if (!answer.Settled)
            state.Session.End(session);
        return answer.Settled;
    }

    private ReportBatch? Take()
    {
        lock (state.Gate)
        {
            var now = state.Time.GetTimestamp();
            if (WaitsForMore(now))
            {
                looping = false;
                return null;
            }

            gatherUntil = now + gatherTicks;
            armedFor = 0;
            if (!stop.IsCancellationRequested && state.Held.TakeReport(now) is { } batch)
                return batch;
            looping = false;
            if (!state.Held.OwesNews)
                idle?.TrySetResult();
            if (!stop.IsCancellationRequested && state.Held.NextStartedDue is { } due)
                startedTimer.Change(state.Time.GetElapsedTime(now, due), Timeout.InfiniteTimeSpan);
            return null;
        }
    }

    /// <summary>
    /// Whether the report may wait for attempts that end soon. If so, sets the timer for it. Called under the gate.
    /// </summary>
    private bool WaitsForMore(long now)
    {
        if (gatherUntil <= now || !state.Held.HasWorkAhead || stop.IsCancellationRequested)
            return false;
        if (armedFor != gatherUntil)
        {
            armedFor = gatherUntil;
            var gather = state.Time.GetElapsedTime(now, gatherUntil);
            startedTimer.Change(gather < Shortest ? Shortest : gather, Timeout.InfiniteTimeSpan);
        }

        return true;
    }

    private void Settled(ReportBatch batch)
    {
        lock (state.Gate)
            state.Held.Settle(batch);
    }

    /// <summary>
    /// Handles a report that the master calls invalid. Sending it again would get the same answer, so there is no wait.
    /// </summary>
    private void Rejected(ReportBatch batch, string reason)
    {
        if (batch.IsOfOne)
        {
            // A rejected start is dropped, since the result will include everything.
            if (batch.Over is [var attempt])
                Rejected(attempt, reason);
            return;
        }

        lock (state.Gate)
            state.Held.Divide(batch);
    }

    private void Rejected(Attempt attempt, string reason)
    {
        bool isGivenUp;
        lock (state.Gate)
            isGivenUp = state.Held.Reject(attempt, reason);
        if (isGivenUp)
            AttemptGivenUp(attempt.Lease.TaskId, attempt.Lease.Attempt, reason);
        else
            ResultRejected(attempt.Lease.TaskId, reason);
    }

    private async Task FailedAsync(ReportBatch batch, Exception? failure)
    {
        if (failure is not null && backoff.IsFresh)
            ReportFailed(CallFailure.Fault(failure), failure.Message, batch.Over.Count);
        lock (state.Gate)
        {
            if (failure is RpcException { StatusCode: StatusCode.ResourceExhausted })
                HeldAttempts.Shrink(batch);
            // One of the report's attempts may make the master fail.
            if (failure is RpcException { StatusCode: StatusCode.Unknown or StatusCode.Internal } && !batch.IsOfOne)
                state.Held.Divide(batch);
            else
                state.Held.Restore(batch);
        }

        await state.Pause(backoff.Next(), stop.Token);
    }
}

/// <summary>The content of one Report call, and the attempts that it covers.</summary>
internal sealed class ReportBatch
{
    /// <summary>The message; the sender sets its node and session.</summary>
    internal Progress Message { get; } = new();

    /// <summary>The attempts whose start is reported.</summary>
    internal List<Attempt> Started { get; } = [];

    /// <summary>The attempts whose result or refusal is reported.</summary>
    internal List<Attempt> Over { get; } = [];

    /// <summary>Whether only one attempt is reported.</summary>
    internal bool IsOfOne => Over.Count + Started.Count == 1;

    /// <summary>Adds what an attempt has to report: its start, its result, or its refusal.</summary>
    internal void Add(Attempt attempt)
    {
        if (attempt.Phase == AttemptPhase.Running)
        {
            Message.Started.Add(attempt.Lease);
            Started.Add(attempt);
            return;
        }

        if (attempt.Phase == AttemptPhase.Ended)
            Message.Results.Add(attempt.Result!);
        else
            AddRefused(attempt);
        Over.Add(attempt);
    }

    private void AddRefused(Attempt attempt)
    {
        // The master may not know of the start. It has to, or the next attempt would get the same number.
        if (attempt.HadBegun)
            Message.Started.Add(attempt.Lease);
        (attempt.IsUnable ? Message.Unable : Message.Refused).Add(attempt.Lease);
    }
}
