namespace OrleansTasks.Engine.Tests;

/// <summary>Has a timer and an age.</summary>
public interface IAgeingGrain : IGrainWithStringKey
{
    Task Touch();

    Task StartTimer(TimeSpan period, bool keepAlive);

    Task Hold(string gate);

    Task Delay(TimeSpan time);

    Task EndOnIdle();
}

/// <summary>What the two grains below do.</summary>
public abstract class AgeingGrainBase : Grain
{
    private Probe Probe => Probe.Of(this.GetPrimaryKeyString());

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        if (Probe.Key.StartsWith("never-starts", StringComparison.Ordinal)) await Probe.GateOf("activate").PassAsync();
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        Probe.Add($"ending {reason.ReasonCode}");
        if (Probe.Key.StartsWith("never-ends", StringComparison.Ordinal)) await Probe.GateOf("deactivate").PassAsync();
    }

    public Task Touch()
    {
        Probe.Add("touched");
        return Task.CompletedTask;
    }

    public Task StartTimer(TimeSpan period, bool keepAlive)
    {
        this.RegisterGrainTimer(
            _ =>
            {
                Probe.Add("tick");
                return Task.CompletedTask;
            },
            new GrainTimerCreationOptions(period, period) { KeepAlive = keepAlive });
        return Task.CompletedTask;
    }

    public Task Hold(string gate) => Probe.GateOf(gate).PassAsync();

    public Task Delay(TimeSpan time)
    {
        DelayDeactivation(time);
        return Task.CompletedTask;
    }

    public Task EndOnIdle()
    {
        DeactivateOnIdle();
        return Task.CompletedTask;
    }
}

/// <summary>Has the age of its host.</summary>
public sealed class AgeingGrain : AgeingGrainBase, IAgeingGrain;

/// <summary>Has an age of its own.</summary>
public interface IShortLivedGrain : IGrainWithStringKey
{
    Task Touch();

    Task StartTimer(TimeSpan period, bool keepAlive);

    Task Delay(TimeSpan time);
}

/// <inheritdoc cref="IShortLivedGrain"/>
[CollectionAgeLimit("00:02:00")]
[GrainType("short-lived")]
public sealed class ShortLivedGrain : AgeingGrainBase, IShortLivedGrain;
