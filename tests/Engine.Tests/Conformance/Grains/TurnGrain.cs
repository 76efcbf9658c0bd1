using Orleans.Concurrency;

namespace OrleansTasks.Engine.Tests;

/// <summary>Calls that wait where the test says.</summary>
public interface ITurnGrain : IGrainWithStringKey
{
    Task<int> Ping(int number);

    [AlwaysInterleave]
    Task<int> PingInterleaved(int number);

    Task Hold(string gate);

    [AlwaysInterleave]
    Task HoldInterleaved(string gate);

    [ResponseTimeout("00:00:00.3")]
    Task HoldBriefly(string gate);

    [OneWay]
    Task HoldOneWay(string gate);

    [OneWay]
    Task FailOneWay();

    [AlwaysInterleave]
    Task Overlap(int steps);

    [AlwaysInterleave]
    Task<bool> ComesBack(string gate);

    ValueTask<int> PingByValueTask(int number);

    ValueTask NothingByValueTask();

    Task<string> CallBack(ITurnGrain other);

    [ResponseTimeout("00:00:00.5")]
    Task<int> PingImpatiently();

    Task<int> PingOther(ITurnGrain other);

    Task<bool> Wait(CancellationToken cancellation);

    Task EndOnIdle();

    Task Delay(TimeSpan time);

    Task<string> WhoAmI();
}

/// <inheritdoc cref="ITurnGrain"/>
public sealed class TurnGrain : Grain, ITurnGrain
{
    private readonly string _instance = Guid.NewGuid().ToString();

    private Probe Probe => Probe.Of(this.GetPrimaryKeyString());

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        if (this.GetPrimaryKeyString().StartsWith("slow-start", StringComparison.Ordinal))
            await Probe.GateOf("activate").PassAsync();
        if (Probe.Fails) throw new InvalidOperationException("cannot start");
        Probe.Add("activated");
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        Probe.Add($"deactivating {reason.ReasonCode}");
        if (this.GetPrimaryKeyString().StartsWith("slow-end", StringComparison.Ordinal))
            await Probe.GateOf("deactivate").PassAsync();
        Probe.Add("deactivated");
    }

    public Task<int> Ping(int number)
    {
        Probe.Add("ping");
        return Task.FromResult(number + 1);
    }

    public Task<int> PingInterleaved(int number) => Ping(number);

    public async Task Hold(string gate)
    {
        Probe.Add($"start {gate}");
        await Probe.GateOf(gate).PassAsync();
        Probe.Add($"end {gate}");
    }

    public Task HoldInterleaved(string gate) => Hold(gate);

    public Task HoldBriefly(string gate) => Hold(gate);

    public Task HoldOneWay(string gate) => Hold(gate);

    public Task FailOneWay()
    {
        Probe.Add("failing");
        throw new InvalidOperationException("nobody hears this");
    }

    public async Task Overlap(int steps)
    {
        for (var i = 0; i < steps; i++)
        {
            Probe.Enter();
            Thread.SpinWait(200);
            Probe.Exit();
            await Task.Yield();
        }
    }

    public async Task<bool> ComesBack(string gate)
    {
        var scheduler = TaskScheduler.Current;
        await Probe.GateOf(gate).PassAsync();
        return scheduler != TaskScheduler.Default && TaskScheduler.Current == scheduler;
    }

    public async ValueTask<int> PingByValueTask(int number)
    {
        await Task.Yield();
        return number + 1;
    }

    public ValueTask NothingByValueTask()
    {
        Probe.Add("nothing");
        return ValueTask.CompletedTask;
    }

    public async Task<string> CallBack(ITurnGrain other)
    {
        try
        {
            await other.PingOther(this.AsReference<ITurnGrain>());
            return "answered";
        }
        catch (TimeoutException)
        {
            return "timed out";
        }
    }

    public Task<int> PingImpatiently() => Ping(0);

    public Task<int> PingOther(ITurnGrain other) => other.PingImpatiently();

    public async Task<bool> Wait(CancellationToken cancellation)
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var registration = cancellation.Register(() => ended.TrySetResult());
        Probe.Add("waiting");
        await ended.Task;
        Probe.Add("cancelled");
        return true;
    }

    public Task EndOnIdle()
    {
        DeactivateOnIdle();
        Probe.Add("asked to end");
        return Task.CompletedTask;
    }

    public Task Delay(TimeSpan time)
    {
        DelayDeactivation(time);
        return Task.CompletedTask;
    }

    public Task<string> WhoAmI() => Task.FromResult(_instance);
}

/// <summary>Is never collected.</summary>
public interface IKeptGrain : IGrainWithStringKey
{
    Task Touch();
}

/// <inheritdoc cref="IKeptGrain"/>
[KeepAlive]
public sealed class KeptGrain : Grain, IKeptGrain
{
    public Task Touch() => Task.CompletedTask;

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        Probe.Of(this.GetPrimaryKeyString()).Add("deactivated");
        return Task.CompletedTask;
    }
}
