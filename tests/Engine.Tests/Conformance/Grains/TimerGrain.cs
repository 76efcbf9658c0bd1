using Orleans.Concurrency;

namespace OrleansTasks.Engine.Tests;

/// <summary>Runs a timer and records its ticks.</summary>
public interface ITimerGrain : IGrainWithStringKey
{
    Task Start(TimeSpan due, TimeSpan period, bool interleave, string what);

    Task Hold(string gate);

    [AlwaysInterleave]
    Task Stop();

    Task EndOnIdle();

    [AlwaysInterleave]
    Task EndOnIdleNow();
}

/// <inheritdoc cref="ITimerGrain"/>
public sealed class TimerGrain(TimeProvider time) : Grain, ITimerGrain
{
    private static readonly AsyncLocal<string?> Ambient = new();

    private readonly List<IGrainTimer> _timers = [];
    private CancellationToken _tickToken;
    private int _ticks;

    private Probe Probe => Probe.Of(this.GetPrimaryKeyString());

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        Probe.Add(_tickToken.IsCancellationRequested ? "timer stopped first" : "timer still runs");
        return Task.CompletedTask;
    }

    public Task Start(TimeSpan due, TimeSpan period, bool interleave, string what)
    {
        Ambient.Value = "leaked";
        RequestContext.Set("name", "leaked");
        _timers.Add(this.RegisterGrainTimer(
            Tick, what, new GrainTimerCreationOptions(due, period) { Interleave = interleave }));
        return Task.CompletedTask;
    }

    public async Task Hold(string gate)
    {
        Probe.Add($"start {gate}");
        await Probe.GateOf(gate).PassAsync();
        Probe.Add($"end {gate}");
    }

    public Task Stop()
    {
        _timers.ForEach(static timer => timer.Dispose());
        return Task.CompletedTask;
    }

    public Task EndOnIdle()
    {
        DeactivateOnIdle();
        return Task.CompletedTask;
    }

    public Task EndOnIdleNow() => EndOnIdle();

    private async Task Tick(string what, CancellationToken token)
    {
        if (what == "witness")
        {
            Probe.Add("witness");
            return;
        }

        _tickToken = token;
        _ticks++;
        Probe.Enter();
        Probe.Add("tick");
        switch (what)
        {
            case "slow":
                await Task.Delay(TimeSpan.FromMilliseconds(30), time, CancellationToken.None);
                break;
            case "fail":
                Probe.Exit();
                Probe.Add("failing");
                throw new InvalidOperationException("a tick fails");
            case "change":
                // Now and then never again: only after this tick ends may the next one come.
                _timers[0].Change(_ticks == 1 ? TimeSpan.Zero : Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
                await Task.Delay(TimeSpan.FromMilliseconds(30), time, CancellationToken.None);
                Probe.Add("changed");
                break;
            case "dispose":
                _timers[0].Dispose();
                Probe.Add(token.IsCancellationRequested ? "cancelled" : "not cancelled");
                break;
            case "ambient":
                Probe.Add($"ambient {Ambient.Value ?? "none"} {RequestContext.Get("name") ?? "none"}");
                break;
            case "period":
                Probe.Add($"begun {time.GetTimestamp()}");
                await Task.Delay(TimeSpan.FromMilliseconds(120), time, CancellationToken.None);
                Probe.Add($"ended {time.GetTimestamp()}");
                break;
        }

        Probe.Exit();
    }
}
