using OrleansTasks.Worker.Supervision;
using System.Net;
using OrleansTasks.Cluster.Startup;
using OrleansTasks.Cluster.Tls;
using OrleansTasks.Lifetime;
using OrleansTasks.Listening;
using OrleansTasks.Settings;
using OrleansTasks.Silo.Files;
using OrleansTasks.Storage;
using OrleansTasks.Storage.Postgres.Members;

namespace OrleansTasks.Silo.Hosting;

/// <summary>
/// The service of the program <c>Silo</c>: a silo for gateways elsewhere, with one worker in this process, or one of
/// the silos that share a database.
/// </summary>
public static class LoneSilo
{
    /// <summary>
    /// Runs the silo until a signal ends it, and returns the process's exit code. Throws
    /// <see cref="StartRefusedException"/> if it cannot start.
    /// </summary>
    public static async Task<int> Run(SiloHostOptions options, TextWriter output)
    {
        using var folder = DataFolder.Take(options.Data);
        options = options with { Listen = Ask("--listen", options.Listen!) };
        if (options.PeerPort != 0)
            // On a port that is in use, Orleans would end the process with a stack trace, or declare the silo that uses
            // it dead.
            Ask("--peer-port", new IPEndPoint(options.Listen.Address, options.PeerPort));
        using var workers = ListenSocket.Bind("--grpc", options.Grpc);
        using var probes = options.Health is null ? null : ListenSocket.Bind("--health", options.Health);
        await using var health = probes is null ? null : await HealthServer.Start(probes, options.LogFormat);
        using var host = await Starting.Run(async () =>
        {
            var built = SiloHost.Build(options, Path.Combine(folder.Path, SiloHost.WorkerFolderName),
                SiloHost.NodeEndpointOf(options, workers));
            await KeyRule.Check(
                built.Services.GetRequiredService<IKeyStore>().List, built.Services.GetRequiredService<TimeProvider>(),
                options.StoreArgument, "--listen", options.Listen!,
                isNeeded: !ListenAddress.IsLoopback(options.Listen!));
            await KeyRule.CheckWorkers(built.Services, options.Grpc, !options.IsOpen(options.Grpc), options.StoreArgument);
            await built.Services.GetRequiredService<FilePlace>().CheckAtStart();
            await Join(built, options.IsSecured(options.Listen!));
            return built;
        }, options.Database is null ? "--data" : "--db");
        host.Services.GetRequiredService<ServiceState>().Started();
        health?.Watch(host.Services);
        SiloAnnouncement.Write(
            output, options with { Health = (IPEndPoint?)probes?.LocalEndPoint }, (IPEndPoint)workers.LocalEndPoint!,
            host.Services.GetService<PostgresMembers>()?.Cluster);
        Supervised.TellReady();
        await host.WaitForShutdownAsync();
        health?.Forget();
        return 0;
    }

    /// <summary>
    /// Starts the silo. Orleans would try for two minutes to reach silos that refuse this one, or that it refuses.
    /// </summary>
    private static async Task Join(IHost silo, bool isSecured)
    {
        try
        {
            // Gateways read the authority from the database, so it must exist before they connect.
            if (isSecured)
                await silo.Services.GetRequiredService<ClusterIdentity>().Get();
        }
        catch (ClusterIdentityException fault)
        {
            throw new StartRefusedException($"--cluster-tls: this silo gets no certificate: {fault.Message}", fault);
        }

        var started = silo.StartAsync();
        var mismatch = silo.Services.GetRequiredService<ClusterRefusals>().Mismatch;
        await Task.WhenAny(started, mismatch);
        if (!started.IsCompleted)
            throw new StartRefusedException($"This silo does not join its cluster. {await mismatch}");
        await started;
    }

    // Checks, before the store is opened, that the address can be bound, and which port 0 stands for. Orleans binds it
    // later.
    private static IPEndPoint Ask(string option, IPEndPoint wanted)
    {
        using var socket = ListenSocket.Bind(option, wanted);
        return (IPEndPoint)socket.LocalEndPoint!;
    }
}
