using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace OrleansTasks.Bench.Harness;

/// <summary>
/// The built service, or a part of it, as its users run it: one process under its supervisor, on free ports and a folder
/// of its own.
/// </summary>
public sealed class ServiceProcess : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30), Probe = TimeSpan.FromMilliseconds(10);
    private readonly Process process;
    private readonly string folder;
    private long logLines;

    private ServiceProcess(Process process, string folder, Uri address, string workers)
    {
        this.process = process;
        this.folder = folder;
        Address = address;
        Workers = workers;
        Http = new HttpClient(new SocketsHttpHandler { PooledConnectionIdleTimeout = TimeSpan.FromMinutes(5) })
        {
            BaseAddress = address,
            // Large files take their time.
            Timeout = Timeout.InfiniteTimeSpan,
        };
    }

    /// <summary>Where the gateway listens, or where a silo answers probes.</summary>
    public Uri Address { get; }

    /// <summary>Where remote workers connect: <c>address:port</c>.</summary>
    public string Workers { get; }

    /// <summary>A client with kept connections.</summary>
    public HttpClient Http { get; }

    /// <summary>The process that owns the data folder: the service, not its supervisor.</summary>
    public int ServiceId => int.Parse(File.ReadAllText(Path.Combine(folder, "lock")).Trim(), CultureInfo.InvariantCulture);

    /// <summary>The supervisor.</summary>
    public int SupervisorId => process.Id;

    /// <summary>How many lines it has logged.</summary>
    public long LogLines => Interlocked.Read(ref logLines);

    /// <summary>Starts it and waits until it is ready.</summary>
    public static Task<ServiceProcess> Start(int slots, string? folder = null, params string[] options) => Start(
        "AllInOne", "--http", folder, (data, workers) =>
        ["--grpc", workers, "--data", data, "--slots", slots.ToString(CultureInfo.InvariantCulture), .. options]);

    /// <summary>Starts a silo of the cluster of a database, which serves workers and no HTTP.</summary>
    public static Task<ServiceProcess> StartSilo(string database) => Start(
        "Silo", "--health", null, (data, workers) =>
        ["--db", database, "--listen", $"127.0.0.1:{FreePort()}", "--grpc", workers, "--data", data]);

    /// <summary>Starts a gateway to the cluster of a database.</summary>
    public static Task<ServiceProcess> StartGateway(string database) => Start(
        "Client", "--http", null, (_, _) => ["--db", database]);

    /// <summary>A client with connections of its own, from another address of this machine if one is named.</summary>
    public HttpClient NewClient(IPAddress? from = null) => new(new SocketsHttpHandler
    {
        ConnectCallback = async (context, cancellation) =>
        {
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            if (from is not null)
                socket.Bind(new IPEndPoint(from, 0));
            await socket.ConnectAsync(IPAddress.Loopback, context.DnsEndPoint.Port, cancellation);
            return new NetworkStream(socket, ownsSocket: true);
        },
    })
    {
        BaseAddress = Address,
    };

    /// <summary>A port that nobody listened on a moment ago.</summary>
    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>Ends it, and leaves its folder to another.</summary>
    public async Task Stop()
    {
        Http.Dispose();
        if (!process.HasExited)
        {
            using var kill = Process.Start("kill", $"-TERM {process.Id}");
            await process.WaitForExitAsync();
        }

        process.Dispose();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Stop();
        Directory.Delete(folder, recursive: true);
    }

    private static async Task<ServiceProcess> Start(
        string program, string listen, string? folder, Func<string, string, string[]> optionsOf)
    {
        folder ??= Directory.CreateTempSubdirectory("orleanstasks-bench-").FullName;
        var address = new Uri($"http://127.0.0.1:{FreePort()}");
        var workers = $"127.0.0.1:{FreePort()}";
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in (string[])[
            Path.Combine(AppContext.BaseDirectory, $"OrleansTasks.{program}.dll"), listen, address.Authority,
            .. optionsOf(folder, workers)])
            start.ArgumentList.Add(argument);
        var process = Process.Start(start)!;
        process.OutputDataReceived += static (_, _) => { };
        var service = new ServiceProcess(process, folder, address, workers);
        process.ErrorDataReceived += (_, line) =>
        {
            Interlocked.Increment(ref service.logLines);
            if (line.Data?.Contains(" info: ", StringComparison.Ordinal) == false)
                Console.Error.WriteLine(line.Data);
        };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        try
        {
            await service.WaitUntilReady();
            return service;
        }
        catch
        {
            await service.DisposeAsync();
            throw;
        }
    }

    private async Task WaitUntilReady()
    {
        using var probe = new HttpClient { BaseAddress = Address };
        for (var started = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(started) < Patience;)
        {
            try
            {
                if ((await probe.GetAsync("/readyz")).IsSuccessStatusCode)
                    return;
            }
            catch (HttpRequestException)
            {
                // Not listening yet.
            }

            if (process.HasExited)
                break;
            await Task.Delay(Probe, TimeProvider.System);
        }

        throw new InvalidOperationException("The service did not become ready.");
    }
}
