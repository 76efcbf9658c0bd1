using Microsoft.Extensions.DependencyInjection;
using OrleansTasks.Engine.Embedded;
using OrleansTasks.Nodes;
using OrleansTasks.Tasks;

namespace OrleansTasks.Grains.Tests.Cluster;

/// <summary>The Embedded engine, on a clock that stands still.</summary>
internal sealed class EmbeddedGrainHost(EmbeddedEngine engine) : IGrainHost
{
    public IGrainFactory Grains => engine.Client;

    public Task KillAndRestart()
    {
        engine.KillAndRestart();
        return Task.CompletedTask;
    }

    public Task<bool> Forget(IAddressable grain) => Task.FromResult(engine.Forget(grain));

    public Task Deactivate()
    {
        engine.CollectIdle(TimeSpan.Zero);
        return Task.CompletedTask;
    }

    public ValueTask DisposeAsync() => engine.DisposeAsync();
}

/// <summary>Starts hosts of the engine that the tests are built for.</summary>
internal static class GrainHosts
{
    public static TestTime NewTime() => new VirtualTime();

    public static async Task<IGrainHost> StartAsync(Action<IServiceCollection> add) => new EmbeddedGrainHost(await EmbeddedEngine.StartAsync(
        services =>
        {
            add(services);
            services.Configure<EmbeddedEngineOptions>(static engine => engine.StreamProviders.Add(CommandStream.Provider));
        },
        typeof(TaskDispatcherGrain).Assembly));
}
