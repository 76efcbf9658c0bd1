using OrleansTasks.Engine.Embedded;

namespace OrleansTasks.Engine.Tests;

/// <summary>The suite's host on Embedded.</summary>
internal sealed class EmbeddedConformanceHost(EmbeddedEngine engine) : IConformanceHost
{
    public IClusterClient Client => engine.Client;

    public Task CollectIdleAsync(TimeSpan age)
    {
        engine.CollectIdle(age);
        return Task.CompletedTask;
    }

    public Task KillHostOfAsync(IAddressable grain)
    {
        engine.KillAndRestart();
        return Task.CompletedTask;
    }

    public Task ForgetAsync(IAddressable grain)
    {
        Assert.True(engine.Forget(grain));
        return Task.CompletedTask;
    }

    public Task StopAsync() => engine.StopAsync();

    public ValueTask DisposeAsync() => engine.DisposeAsync();
}

/// <summary>Starts hosts of the engine that the suite is built for.</summary>
internal static class ConformanceHosts
{
    public static async Task<IConformanceHost> StartAsync() => new EmbeddedConformanceHost(
        await EmbeddedEngine.StartAsync(ConformanceServices.Add, typeof(ConformanceHosts).Assembly));
}
