using OrleansTasks.Worker.Protocol;
using OrleansTasks.Worker.Resources;

namespace OrleansTasks.Worker.Agent;

/// <summary>The state that the parts of one agent share.</summary>
internal sealed class AgentState
{
    private readonly TimeProvider time;

    internal AgentState(
        AgentOptions options, INodeService master, TimeProvider time, TimeProvider bootClock, AgentMachine machine)
    {
        (Options, Master, this.time, Machine) = (options, master, time, machine);
        Held = new HeldAttempts(
            options.Slots, Ticks(options.StartedDelay), Ticks(options.SlotWait), new GpuIndexes(options.Gpus),
            new CoreSet(options.Cores));
        Lease = new LeaseClock(bootClock, options.KillMargin);
        Instruments = new AgentInstruments(
            () => Count(static held => held.Living), () => Count(static held => held.Count - held.Living));
    }

    /// <summary>Guards <see cref="Held"/> and every attempt in it.</summary>
    internal Lock Gate { get; } = new();

    /// <summary>The attempts that the worker holds.</summary>
    internal HeldAttempts Held { get; }

    /// <summary>The worker's metrics.</summary>
    internal AgentInstruments Instruments { get; }

    /// <summary>The session with the master.</summary>
    internal AgentSession Session { get; } = new();

    /// <summary>The clock that says until when attempts may run.</summary>
    internal LeaseClock Lease { get; }

    /// <summary>The options.</summary>
    internal AgentOptions Options { get; }

    /// <summary>The facilities of the machine.</summary>
    internal AgentMachine Machine { get; }

    /// <summary>The master.</summary>
    internal INodeService Master { get; }

    /// <summary>Whether no start and no end is reported any more (<see cref="NodeAgent.FallSilent"/>).</summary>
    internal volatile bool IsSilent;

    /// <summary>The clock for delays, timers and timestamps.</summary>
    internal TimeProvider Time => time;

    /// <summary>Creates the waits between repetitions of one kind of call.</summary>
    internal Backoff NewBackoff() => NewBackoff(TimeSpan.FromSeconds(2));

    /// <summary>
    /// Creates the waits between repetitions of one kind of call, each at most <paramref name="longest"/>.
    /// </summary>
    internal Backoff NewBackoff(TimeSpan longest) => new(TimeSpan.FromMilliseconds(50), longest, Machine.Random);

    /// <summary>
    /// Awaits a call until it times out or <paramref name="cancellation"/> is requested.
    /// The call's token is then cancelled, but the call is not awaited if it ignores that.
    /// </summary>
    internal async Task<T> Call<T>(
        Func<CancellationToken, Task<T>> call, TimeSpan timeout, CancellationToken cancellation)
    {
        using var deadline = new CancellationTokenSource(timeout, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellation);
        try
        {
            return await call(both.Token).OrCancelledAsync(both.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new TimeoutException($"The master did not answer within {timeout}.");
        }
    }

    /// <summary>Waits, or returns early if cancelled; does not throw.</summary>
    internal async Task Pause(TimeSpan wait, CancellationToken cancellation)
    {
        try
        {
            await Task.Delay(wait, time, cancellation);
        }
        catch (OperationCanceledException)
        {
            // The caller checks its token.
        }
    }

    /// <summary>Returns the timestamp at which an attempt must be dead; null before its first term.</summary>
    internal long? DeadlineOf(Attempt attempt) => Lease.DeadlineOf(attempt.Lease.Queue, attempt.Start?.AsOf ?? 0);

    /// <summary>Converts a time span to timestamp ticks.</summary>
    internal long Ticks(TimeSpan span) => (long)(span.TotalSeconds * time.TimestampFrequency);

    private int Count(Func<HeldAttempts, int> count)
    {
        lock (Gate)
            return count(Held);
    }
}
