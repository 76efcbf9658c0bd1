using System.Diagnostics;
using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace OrleansTasks.Bench.Harness;

/// <summary>A web server in a process of its own that reads a body and answers 202: what HTTP alone costs.</summary>
public sealed class BareServer : IAsyncDisposable
{
    /// <summary>The command line's word for being this server.</summary>
    public const string Argument = "--bare-server";

    private readonly Process process;

    private BareServer(Process process, Uri address) => (this.process, Address) = (process, address);

    /// <summary>Where it listens.</summary>
    public Uri Address { get; }

    /// <summary>Its process.</summary>
    public int ProcessId => process.Id;

    /// <summary>Starts it as a child of this program.</summary>
    public static async Task<BareServer> Start()
    {
        var port = ServiceProcess.FreePort();
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true };
        foreach (var argument in (string[])[
            typeof(BareServer).Assembly.Location, Argument, port.ToString(CultureInfo.InvariantCulture)])
            start.ArgumentList.Add(argument);
        var process = Process.Start(start)!;
        await process.StandardOutput.ReadLineAsync();
        return new BareServer(process, new Uri($"http://127.0.0.1:{port}/"));
    }

    /// <summary>Is the server, until it is killed.</summary>
    public static async Task Serve(int port)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ListenLocalhost(port));
        var server = builder.Build();
        server.Run(static async context =>
        {
            await context.Request.Body.CopyToAsync(Stream.Null);
            context.Response.StatusCode = StatusCodes.Status202Accepted;
        });
        await server.StartAsync();
        Console.WriteLine("ready");
        await server.WaitForShutdownAsync();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        process.Kill();
        await process.WaitForExitAsync();
        process.Dispose();
    }
}
