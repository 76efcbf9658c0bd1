using System.Net;
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
    public static Task<InProcessSilo> Start(string? folder = null, Socket? endpoint = null) =>
        Start(new SiloOptions { DataFolder = folder ?? NewFolder() }, keepsFolder: folder is not null, endpoint);

    /// <summary>Starts it on a database; as a member of the database's cluster if it listens.</summary>
    public static Task<InProcessSilo> StartOn(string database, IPEndPoint? listen = null) =>
        Start(new SiloOptions { DataFolder = NewFolder(), Database = database, Listen = listen }, keepsFolder: false, endpoint: null);

    private static string NewFolder() => Directory.CreateTempSubdirectory("orleanstasks-bench-").FullName;

    private static async Task<InProcessSilo> Start(SiloOptions options, bool keepsFolder, Socket? endpoint)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        // Members complain about each other while they end.
        builder.Logging.SetMinimumLevel(options.IsMember ? LogLevel.Critical : LogLevel.Warning).AddSimpleConsole();
        builder.Services.AddSilo(options);
        if (endpoint is not null)
            builder.Services.AddNodeEndpoint(new NodeEndpointOptions { Socket = endpoint });
        var host = builder.Build();
        await host.StartAsync();
        return new InProcessSilo(host, options.DataFolder, keepsFolder);
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
