using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OrleansTasks.AllInOne;
using OrleansTasks.Client.Access;
using OrleansTasks.Client.Hosting;
using OrleansTasks.Lifetime;
using OrleansTasks.Silo.Hosting;

namespace OrleansTasks.Bench.Harness;

/// <summary>A gateway and a silo in this process, without a worker of its own.</summary>
public sealed class InProcessService : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly string folder;

    private InProcessService(WebApplication app, string folder) => (this.app, this.folder) = (app, folder);

    /// <summary>The grains.</summary>
    public IGrainFactory Grains => app.Services.GetRequiredService<IGrainFactory>();

    /// <summary>Where the gateway listens.</summary>
    public Uri Address { get; private init; } = null!;

    /// <summary>Starts it on a new folder that goes with it.</summary>
    public static async Task<InProcessService> Start()
    {
        var folder = Directory.CreateTempSubdirectory("orleanstasks-bench-").FullName;
        var http = new IPEndPoint(IPAddress.Loopback, ServiceProcess.FreePort());
        var options = new SiloHostOptions
        {
            Grpc = new IPEndPoint(IPAddress.Loopback, 0), Data = folder, Slots = 0, Lease = TimeSpan.FromSeconds(30),
            Drain = TimeSpan.FromSeconds(1), Retention = TimeSpan.FromDays(1),
        };
        var app = AllInOneHost.Build(new GatewayOptions { Http = http }, options, new AccessOptions(http, null, UsesTls: false, NeedsKey: false), builder =>
        {
            builder.Logging.SetMinimumLevel(LogLevel.Warning);
            builder.WebHost.UseKestrelCore().UseUrls($"http://{http}");
        }, Path.Combine(folder, "worker"));
        await app.StartAsync();
        app.Services.GetRequiredService<ServiceState>().Started();
        return new InProcessService(app, folder) { Address = new Uri($"http://{http}") };
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await app.StopAsync();
        await app.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }
}
