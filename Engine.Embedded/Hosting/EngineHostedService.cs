using Microsoft.Extensions.Hosting;

namespace OrleansTasks.Engine.Embedded;

/// <summary>Starts and ends the engine with its host.</summary>
internal sealed class EngineHostedService(EmbeddedSilo silo, EngineInstruments instruments) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        silo.Start();
        instruments.Observe();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => silo.StopAsync(cancellationToken);
}
