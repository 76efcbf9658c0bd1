using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OrleansTasks.Silo;
using OrleansTasks.Silo.Endpoint;

namespace OrleansTasks.Bench.Harness;

/// <summary>A silo in this process: engine, grains and store as the service has them, without gateway and worker.</summary>
public sealed class InProcessSilo : IAsyncDisposable
{
    private readonly IHost host;
    private readonly bool keepsFolder;

    private InProcessSilo(IHost host, string folder, bool keepsFolder) =>
        (this.host, Folder, this.keepsFolder) = (host, folder, keepsFolder);

    /// <summary>The data folder.</summary>
    public string Folder { get; }

    /// <summary>The grains.</summary>
    public IGrainFactory Grains => host.Services.GetRequiredService<IGrainFactory>();

    /// <summary>The host's services.</summary>
    public IServiceProvider Services => host.Services;

    /// <summary>Starts it on a folder, or on a new one that goes with it; remote workers connect at the endpoint, if there is one.</summary>
    public static async Task<InProcessSilo> Start(string? folder = null, Socket? endpoint = null)
    {
        var path = folder ?? Directory.CreateTempSubdirectory("orleanstasks-bench-").FullName;
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Logging.SetMinimumLevel(LogLevel.Warning).AddSimpleConsole();
        builder.Services.AddSilo(new SiloOptions { DataFolder = path });
        if (endpoint is not null)
            builder.Services.AddNodeEndpoint(new NodeEndpointOptions { Socket = endpoint });
        var host = builder.Build();
        await host.StartAsync();
        return new InProcessSilo(host, path, folder is not null);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await host.StopAsync();
        host.Dispose();
        if (!keepsFolder)
            Directory.Delete(Folder, recursive: true);
    }
}
