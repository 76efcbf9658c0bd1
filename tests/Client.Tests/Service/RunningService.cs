using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using OrleansTasks.AllInOne;
using OrleansTasks.Client.Access;
using OrleansTasks.Client.Hosting;
using OrleansTasks.Client.Tests.Gateway;
using OrleansTasks.Lifetime;
using OrleansTasks.Silo.Hosting;

namespace OrleansTasks.Client.Tests.Service;

/// <summary>The whole service in this process: gateway, silo on SQLite, and a worker that runs real commands.</summary>
public sealed class RunningService : IAsyncLifetime
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("orleanstasks-");
    private WebApplication app = null!;

    internal ServiceClient Client { get; private set; } = null!;

    public IServiceProvider Services => app.Services;

    /// <summary>Whether this gateway hears of the commits of a queue.</summary>
    public bool IsSubscribed(string queue) =>
        Services.GetRequiredService<OrleansTasks.Client.Feed.FeedHub>().IsSubscribed(queue);

    /// <summary>Where the build puts the sample plug-in.</summary>
    public static string SamplePlugins => Path.GetFullPath(Path.Combine(
        AppContext.BaseDirectory, "..", "..", "SamplePlugin", Path.GetFileName(AppContext.BaseDirectory.TrimEnd('/'))));

    public string Folder => folder.FullName;

    public async ValueTask InitializeAsync()
    {
        var listens = new IPEndPoint(IPAddress.Loopback, 0);
        var gateway = new GatewayOptions { Http = listens };
        var options = new SiloHostOptions
        {
            Grpc = listens, Data = Path.Combine(Folder, "data"), Slots = 2, Lease = TimeSpan.FromSeconds(10),
            Drain = TimeSpan.FromSeconds(1), Retention = TimeSpan.FromDays(1), FileRoots = [Folder],
            Plugins = SamplePlugins,
        };
        Directory.CreateDirectory(options.Data);
        app = AllInOneHost.Build(
            gateway, options, AccessOptions.Of(gateway, listens, usesTls: false),
            static builder => builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0"), Path.Combine(options.Data, "worker"));
        await app.StartAsync();
        app.Services.GetRequiredService<ServiceState>().Started();
        Client = new ServiceClient(new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()));
        await Eventually.True(() => Client.Get("/api/v1/nodes").GetAwaiter().GetResult().Text.Contains("\"ready\"", StringComparison.Ordinal));
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await app.StopAsync();
        await app.DisposeAsync();
        folder.Delete(recursive: true);
    }
}
