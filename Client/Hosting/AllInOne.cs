using System.Net;
using OrleansTasks.Client.Access;
using OrleansTasks.Settings;
using OrleansTasks.Silo.Hosting;
using OrleansTasks.Storage;
using OrleansTasks.Worker.Supervision;

namespace OrleansTasks.Client.Hosting;

/// <summary>The service of <c>Client --all-in-one</c>: gateway, silo and one worker in this process.</summary>
public static class AllInOne
{
    /// <summary>
    /// Runs the service until a signal ends it. Returns the process's exit code. Throws
    /// <see cref="StartRefusedException"/> if the service cannot start.
    /// </summary>
    public static async Task<int> Run(ServiceOptions options, TextWriter output)
    {
        // The order matters: check that the service can serve before it touches any data or starts any task.
        using var folder = DataFolder.Take(options.Data);
        using var socket = ListenSocket.Bind("--http", options.Http);
        using var workers = ListenSocket.Bind("--grpc", options.Grpc);
        using var certificate = TlsCertificate.Load(options);
        var listens = (IPEndPoint)socket.LocalEndPoint!;
        var access = new AccessOptions(listens, options.PublicUrl, certificate is not null, !options.IsOpen(listens))
        {
            TrustedProxies = options.TrustedProxies,
        };
        await using var app = await Starting.Run(async () =>
        {
            var built = ServiceHost.Build(options, access, builder => WebServer.Use(builder, socket, certificate),
                Path.Combine(folder.Path, SiloHost.WorkerFolderName), SiloHost.NodeEndpointOf(options, workers));
            await KeyRule.Check(
                built.Services.GetRequiredService<IKeyStore>().List, built.Services.GetRequiredService<TimeProvider>(),
                options.StoreArgument, "--http", options.Http, !options.IsOpen(options.Http));
            await KeyRule.CheckWorkers(built.Services, options);
            await built.StartAsync();
            return built;
        }, options.Database is null ? "--data" : "--db");
        app.Services.GetRequiredService<ServiceState>().Started();
        Announcement.Write(output, options, listens, (IPEndPoint)workers.LocalEndPoint!);
        ServiceManager.TellReady();
        await app.WaitForShutdownAsync();
        return 0;
    }
}
