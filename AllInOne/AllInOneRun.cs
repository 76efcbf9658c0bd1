using System.Net;
using OrleansTasks.Client.Access;
using OrleansTasks.Client.Hosting;
using OrleansTasks.Cluster.Startup;
using OrleansTasks.Lifetime;
using OrleansTasks.Listening;
using OrleansTasks.Settings;
using OrleansTasks.Silo.Files;
using OrleansTasks.Silo.Hosting;
using OrleansTasks.Storage;
using OrleansTasks.Worker.Supervision;

namespace OrleansTasks.AllInOne;

/// <summary>Runs the service: gateway, silo and one worker in this process.</summary>
public static class AllInOneRun
{
    /// <summary>
    /// Runs the service until a signal ends it. Returns the process's exit code. Throws
    /// <see cref="StartRefusedException"/> if the service cannot start.
    /// </summary>
    public static async Task<int> Run(GatewayOptions gateway, SiloHostOptions silo, TextWriter output)
    {
        ArgumentNullException.ThrowIfNull(gateway);
        ArgumentNullException.ThrowIfNull(silo);
        // The order matters: check that the service can serve before it touches any data or starts any task.
        using var folder = DataFolder.Take(silo.Data);
        using var socket = ListenSocket.Bind("--http", gateway.Http);
        using var workers = ListenSocket.Bind("--grpc", silo.Grpc);
        using var certificate = TlsCertificate.Load(gateway);
        var listens = (IPEndPoint)socket.LocalEndPoint!;
        var access = AccessOptions.Of(gateway, listens, certificate is not null);
        await using var app = await Starting.Run(async () =>
        {
            var built = AllInOneHost.Build(gateway, silo, access, builder => WebServer.Use(builder, socket, certificate),
                Path.Combine(folder.Path, SiloHost.WorkerFolderName), SiloHost.NodeEndpointOf(silo, workers));
            await KeyRule.Check(
                built.Services.GetRequiredService<IKeyStore>().List, built.Services.GetRequiredService<TimeProvider>(),
                silo.StoreArgument, "--http", gateway.Http, !gateway.IsOpen(gateway.Http));
            await KeyRule.CheckWorkers(built.Services, silo.Grpc, !silo.IsOpen(silo.Grpc), silo.StoreArgument);
            await built.Services.GetRequiredService<FilePlace>().CheckAtStart();
            await built.StartAsync();
            return built;
        }, silo.Database is null ? "--data" : "--db");
        app.Services.GetRequiredService<ServiceState>().Started();
        Announce(output, gateway, silo, listens, (IPEndPoint)workers.LocalEndPoint!);
        Supervised.TellReady();
        await app.WaitForShutdownAsync();
        return 0;
    }

    /// <summary>Writes the addresses of the service, and how to use it.</summary>
    internal static void Announce(
        TextWriter output, GatewayOptions gateway, SiloHostOptions silo, IPEndPoint listens, IPEndPoint workers)
    {
        output.WriteLine($$"""
            OrleansTasks {{ServiceVersion.Text}} is ready.
              http   {{GatewayAnnouncement.Url(gateway, listens)}}
              grpc   {{SiloAnnouncement.Workers(silo, workers)}}
              data   {{SiloAnnouncement.Store(silo)}}
              worker {{SiloAnnouncement.Worker(silo)}}
            {{GatewayAnnouncement.Try(gateway, listens)}}
            """);
        output.Flush();
    }
}
