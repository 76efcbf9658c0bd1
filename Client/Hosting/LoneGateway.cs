using System.Net;
using OrleansTasks.Client.Access;
using OrleansTasks.Client.Tasks;
using OrleansTasks.Cluster.Link;
using OrleansTasks.Cluster.Startup;
using OrleansTasks.Cluster.Status;
using OrleansTasks.Lifetime;
using OrleansTasks.Listening;
using OrleansTasks.Settings;

namespace OrleansTasks.Client.Hosting;

/// <summary>
/// The default service of the program <c>Client</c>: a gateway in this process, with silos elsewhere.
/// </summary>
public static class LoneGateway
{
    private static readonly TimeSpan FirstAnswer = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Runs the gateway until a signal ends it. Returns the process's exit code. Without a silo, the gateway still
    /// starts, answers 503, and recovers when a silo answers. Throws <see cref="StartRefusedException"/> if it cannot
    /// start.
    /// </summary>
    public static async Task<int> Run(GatewayOptions options, TextWriter output)
    {
        ArgumentNullException.ThrowIfNull(options);
        TargetRules.CheckCertificate(options.Target!);
        using var socket = ListenSocket.Bind("--http", options.Http);
        using var certificate = TlsCertificate.Load(options);
        var listens = (IPEndPoint)socket.LocalEndPoint!;
        var access = AccessOptions.Of(options, listens, certificate is not null);
        await using var app = await Starting.Run(async () =>
        {
            var built = GatewayHost.Build(options, access, builder => WebServer.Use(builder, socket, certificate));
            await built.StartAsync();
            return built;
        }, "--db");
        var link = app.Services.GetRequiredService<IClusterLink>();
        var time = app.Services.GetRequiredService<TimeProvider>();
        // With a database, the levels of silos were read from it.
        var fits = options.Database is null ? CheckWire(link, app.Services.GetRequiredService<IEngineWatch>(), time) : Task.CompletedTask;
        // While no silo answers, it is unknown whether a key exists; but until then, the gateway admits no caller
        // either.
        if (await link.WaitUp(FirstAnswer))
        {
            await fits;
            await KeyRule.Check(
                app.Services.GetRequiredService<GatewayGrains>().Access.Keys, time, "--data DIR", "--http", options.Http,
                !options.IsOpen(options.Http));
        }

        app.Services.GetRequiredService<ServiceState>().Started();
        GatewayAnnouncement.Write(output, options, listens, link);
        ServiceManager.TellReady();
        var ended = app.WaitForShutdownAsync();
        if (await Task.WhenAny(ended, fits) == fits)
            await fits;
        await ended;
        return 0;
    }

    private static async Task CheckWire(IClusterLink link, IEngineWatch silos, TimeProvider time)
    {
        await link.WaitUp(Timeout.InfiniteTimeSpan);
        await OrleansWireCheck.CheckReached(silos, FirstAnswer, time);
    }
}
