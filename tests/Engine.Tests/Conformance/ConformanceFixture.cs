[assembly: AssemblyFixture(typeof(OrleansTasks.Engine.Tests.ConformanceFixture))]

namespace OrleansTasks.Engine.Tests;

/// <summary>The host that most tests share; each test has keys of its own.</summary>
public class ConformanceFixture : IAsyncLifetime
{
    private IConformanceHost? _host;

    public IConformanceHost Host => _host!;

    public IClusterClient Client => Host.Client;

    public async ValueTask InitializeAsync() => _host = await ConformanceHosts.StartAsync();

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (_host is { } host) await host.DisposeAsync();
    }
}
