namespace OrleansTasks.Engine.Tests;

/// <summary>Is given services and disposed.</summary>
public interface IOwnedGrain : IGrainWithStringKey
{
    Task<bool> Touch();

    Task EndOnIdle();
}

/// <inheritdoc cref="IOwnedGrain"/>
public sealed class OwnedGrain(ActivationScoped scoped, IGrainFactory factory) : Grain, IOwnedGrain, IDisposable
{
    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        Probe.Of(this.GetPrimaryKeyString()).Add("deactivating");
        return Task.CompletedTask;
    }

    public Task<bool> Touch()
    {
        var isMine = scoped.OwnedBy is null || scoped.OwnedBy == this.GetPrimaryKeyString();
        scoped.OwnedBy = this.GetPrimaryKeyString();
        return Task.FromResult(isMine && factory is not null && ServiceProvider is not null);
    }

    public Task EndOnIdle()
    {
        DeactivateOnIdle();
        return Task.CompletedTask;
    }

    public void Dispose() => Probe.Of(this.GetPrimaryKeyString()).Add("grain disposed");
}

/// <summary>Is disposed asynchronously.</summary>
public interface IAsyncOwnedGrain : IGrainWithStringKey
{
    Task EndOnIdle();
}

/// <inheritdoc cref="IAsyncOwnedGrain"/>
public sealed class AsyncOwnedGrain : Grain, IAsyncOwnedGrain, IAsyncDisposable
{
    public Task EndOnIdle()
    {
        DeactivateOnIdle();
        return Task.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await Task.Yield();
        Probe.Of(this.GetPrimaryKeyString()).Add("grain disposed");
    }
}
