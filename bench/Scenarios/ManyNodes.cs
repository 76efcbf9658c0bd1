using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using OrleansTasks.Bench.Harness;
using OrleansTasks.Nodes;
using OrleansTasks.Tasks;
using OrleansTasks.Worker.Link;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.Bench.Scenarios;

/// <summary>
/// A silo in a process of its own with 10,000 nodes at the level of grains, and 1,000 workers connected by gRPC from here, all
/// idle: each reports every two seconds.
/// </summary>
public sealed class ManyNodes : IScenario
{
    /// <summary>The command line's word for being the silo.</summary>
    public const string SiloArgument = "--silo-with-nodes";

    private const int Connections = 1_000;
    private const int Grains = 10_000;
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Watch = TimeSpan.FromSeconds(20);

    /// <inheritdoc/>
    public string Name => "nodes";

    /// <inheritdoc/>
    public string Summary => $"processor time of a silo with {Connections} gRPC connections and {Grains} nodes besides, all idle";

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Figure>> Run(int runs)
    {
        var port = ServiceProcess.FreePort();
        using var silo = Start(port);
        using var stop = new CancellationTokenSource();
        var beats = 0L;
        try
        {
            // The silo writes its log to the same stream.
            while (await silo.StandardOutput.ReadLineAsync() is not ("ready" or null))
            {
            }

            _ = silo.StandardOutput.ReadToEndAsync();
            var workers = new List<Task>();
            for (var i = 0; i < Connections; i++)
                workers.Add(Work(port, i, () => Interlocked.Increment(ref beats), stop.Token));
            await Task.Delay(TimeSpan.FromSeconds(30), TimeProvider.System);
            var (share, rate) = (new double[runs], new double[runs]);
            for (var run = 0; run < runs; run++)
            {
                var (cpu, sent) = (ProcessCost.CpuSeconds(silo.Id), Interlocked.Read(ref beats));
                await Task.Delay(Watch, TimeProvider.System);
                share[run] = 100 * (ProcessCost.CpuSeconds(silo.Id) - cpu) / Watch.TotalSeconds;
                rate[run] = (Interlocked.Read(ref beats) - sent) / Watch.TotalSeconds;
            }

            await stop.CancelAsync();
            await Task.WhenAll(workers);
            return
            [
                new Figure("processor time of the silo", "% core", share, [], null, 50, AtLeast: false),
                new Figure("heartbeats over gRPC", "1/s", rate, [], null, Connections / Heartbeat.TotalSeconds * 0.9, AtLeast: true),
                new Figure("resident memory of the silo", "MiB", [ProcessCost.ResidentBytes(silo.Id) / 1048576.0], [], null, null, AtLeast: false),
            ];
        }
        finally
        {
            silo.Kill();
            await silo.WaitForExitAsync();
        }
    }

    /// <summary>Is the silo, until it is killed.</summary>
    public static async Task BeSilo(int port, int count)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
        await using var silo = await InProcessSilo.Start(endpoint: socket);
        var nodes = new List<(INodeGrain Grain, long Session)>();
        for (var i = 0; i < count; i++)
        {
            var grain = silo.Grains.GetGrain<INodeGrain>(string.Create(CultureInfo.InvariantCulture, $"grain{i}"));
            var reply = await grain.Register(new NodeRegistration("bench", 2, [], Limits.None, "bench", "bench", true, [], [], []));
            nodes.Add((grain, reply.Session));
        }

        Console.WriteLine("ready");
        // Spread over the period, as workers that started at different times are.
        const int Slices = 40;
        var slices = nodes.Chunk((count + Slices - 1) / Slices).ToArray();
        using var timer = new PeriodicTimer(Heartbeat / Slices);
        for (var tick = 0; await timer.WaitForNextTickAsync(); tick++)
            foreach (var (grain, session) in slices[tick % slices.Length])
                _ = grain.ReportStatus(new NodeStatus(session, [], 0, 0));
    }

    private static Process Start(int port)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true };
        foreach (var argument in (string[])[
            typeof(ManyNodes).Assembly.Location, SiloArgument, port.ToString(CultureInfo.InvariantCulture),
            Grains.ToString(CultureInfo.InvariantCulture)])
            start.ArgumentList.Add(argument);
        return Process.Start(start)!;
    }

    private static async Task Work(int port, int number, Action beat, CancellationToken stop)
    {
        var node = string.Create(CultureInfo.InvariantCulture, $"worker{number}");
        using var connection = new MasterConnection(new MasterChannelOptions { Address = new Uri($"http://127.0.0.1:{port}") });
        try
        {
            await Task.Delay(Heartbeat * 5 * (number / (double)Connections), TimeProvider.System, stop);
            var session = (await connection.ReportStatus(
                new StatusReport { NodeId = node, Registration = new Registration { Instance = "bench", Slots = 2 } }, stop)).Session;
            var commands = Read(connection, node, session, stop);
            while (true)
            {
                var answer = await connection.ReportStatus(new StatusReport { NodeId = node, Session = session }, stop);
                if (answer.Outcome != StatusAnswer.Types.Outcome.Ok || commands.IsCompleted)
                    throw new InvalidOperationException($"{node} was not kept.");
                beat();
                await Task.Delay(Heartbeat, TimeProvider.System, stop);
            }
        }
        catch (OperationCanceledException)
        {
            // The measurement is over.
        }
    }

    private static async Task Read(MasterConnection connection, string node, long session, CancellationToken stop)
    {
        await foreach (var _ in connection.AssignTask(new AssignRequest { NodeId = node, Session = session }, stop))
            throw new InvalidOperationException("No task was submitted.");
    }
}
