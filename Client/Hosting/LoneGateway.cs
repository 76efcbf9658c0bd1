using System.Net;
using OrleansTasks.Client.Access;
using OrleansTasks.Client.Tasks;
using OrleansTasks.Settings;
using OrleansTasks.Silo.Hosting;
using OrleansTasks.Silo.Status;
using OrleansTasks.Worker.Supervision;

namespace OrleansTasks.Client.Hosting;

/// <summary>The service of the program <c>Client</c> unless told otherwise: a gateway in this process, to silos elsewhere.</summary>
public static class LoneGateway
{
    private static readonly TimeSpan FirstAnswer = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Runs it until a signal ends it, and returns the process's exit code. It starts without a silo too, answers 503 then,
    /// and recovers by itself. Throws <see cref="StartRefusedException"/> when it cannot start.
    /// </summary>
    public static async Task<int> Run(ServiceOptions options, TextWriter output)
    {
        using var socket = ListenSocket.Bind("--http", options.Http);
        using var certificate = TlsCertificate.Load(options);
        var listens = (IPEndPoint)socket.LocalEndPoint!;
        var access = new AccessOptions(listens, options.PublicUrl, certificate is not null, !options.IsOpen(listens));
        await using var app = await Starting.Run(async () =>
        {
            var built = ServiceHost.BuildGateway(options, access, builder => WebServer.Use(builder, socket, certificate));
            await built.StartAsync();
            return built;
        }, "--db");
        var link = app.Services.GetRequiredService<IClusterLink>();
        // While no silo answers nobody knows whether there is a key; but without one nobody is let in either.
        if (await link.WaitUp(FirstAnswer))
            await KeyRule.Check(
                app.Services.GetRequiredService<GatewayGrains>().Access.Keys,
                app.Services.GetRequiredService<TimeProvider>(), "--data DIR", "--http", options.Http,
                !options.IsOpen(options.Http));
        app.Services.GetRequiredService<ServiceState>().Started();
        Announcement.WriteGateway(output, options, listens, link);
        ServiceManager.TellReady();
        await app.WaitForShutdownAsync();
        return 0;
    }
}
