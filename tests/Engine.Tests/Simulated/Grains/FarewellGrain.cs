namespace OrleansTasks.Engine.Tests;

/// <summary>Calls another grain when it ends.</summary>
public interface IFarewellGrain : IGrainWithStringKey
{
    Task SayAtTheEndTo(string other);

    Task<string> Hear();
}

/// <summary>Is given its context as classes without a base are.</summary>
public sealed class FarewellGrain(IGrainContext context, IGrainFactory grains) : IGrainBase, IFarewellGrain
{
    private string? _other;

    public IGrainContext GrainContext => context;

    public async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken token)
    {
        if (_other is not { } other) return;
        var key = context.GrainId.ToString()["farewell/".Length..];
        Probe.Of(key).Add(await grains.GetGrain<IFarewellGrain>(other).Hear());
    }

    public Task SayAtTheEndTo(string other)
    {
        _other = other;
        return Task.CompletedTask;
    }

    public Task<string> Hear() => Task.FromResult($"said to {context.GrainId.ToString()["farewell/".Length..]}");
}
