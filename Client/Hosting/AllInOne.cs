using System.Net;
using Microsoft.AspNetCore.Connections;
using OrleansTasks.Access;
using OrleansTasks.Client.Access;
using OrleansTasks.Storage;

namespace OrleansTasks.Client.Hosting;

/// <summary>The service of <c>Client --all-in-one</c>: gateway, silo and one worker in this process.</summary>
public static class AllInOne
{
    private const string WorkerFolderName = "worker";

    /// <summary>
    /// Runs it until a signal ends it, and returns the process's exit code. Throws <see cref="StartRefusedException"/> when it
    /// cannot start.
    /// </summary>
    public static async Task<int> Run(ServiceOptions options, TextWriter output)
    {
        // In this order: nobody's data is touched, and no task started, before it is certain that the service can serve.
        using var folder = DataFolder.Take(options.Data);
        using var socket = ListenSocket.Bind("--http", options.Http);
        using var certificate = TlsCertificate.Load(options);
        var listens = (IPEndPoint)socket.LocalEndPoint!;
        var access = new AccessOptions(listens, options.PublicUrl, certificate is not null);
        await using var app = await Start(() => ServiceHost.Build(
            options, access, builder => WebServer.Use(builder, socket, certificate), Path.Combine(folder.Path, WorkerFolderName)), options);
        app.Services.GetRequiredService<ServiceState>().Started();
        Announcement.Write(output, options, listens);
        await app.WaitForShutdownAsync();
        return 0;
    }

    private static async Task<WebApplication> Start(Func<WebApplication> build, ServiceOptions options)
    {
        try
        {
            var app = build();
            await RequireKeyBeyondLoopback(app.Services.GetRequiredService<IKeyStore>(), options);
            await app.StartAsync();
            return app;
        }
        catch (IOException e) when (e.InnerException is AddressInUseException)
        {
            // Two that bind at the same moment may both succeed; only one of them can listen.
            throw new StartRefusedException("--http: the port is in use by another program. Stop it, or give another port.", e);
        }
        catch (UnusableDatabaseException e)
        {
            throw new StartRefusedException($"--data: {e.Message}", e);
        }
        catch (StoreUnavailableException e)
        {
            throw new StartRefusedException($"--data: the store cannot be opened: {e.Message}", e);
        }
    }

    private static async Task RequireKeyBeyondLoopback(IKeyStore keys, ServiceOptions options)
    {
        var open = new[] { (Option: "--http", Address: options.Http), (Option: "--grpc", Address: options.Grpc) }
            .Where(place => !ListenAddress.IsLoopback(place.Address)).ToArray();
        if (open.Length == 0 || (await keys.List()).Length > 0)
            return;
        throw new StartRefusedException(
            $"{string.Join(" and ", open.Select(place => $"{place.Option} {place.Address}"))}: other machines could reach this, and no "
            + $"key exists that they would need. Make one first: otask key create --data {options.Data} "
            + $"--scope {string.Join(',', ScopeNames.Of((Scopes)~0))}");
    }
}
