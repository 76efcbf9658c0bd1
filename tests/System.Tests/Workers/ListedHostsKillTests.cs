using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.Workers;

/// <summary>
/// Kill -9 while a sandbox has a connection to a listed host: no process, connection or descriptor of it may be left.
/// </summary>
public sealed class ListedHostsKillTests : DataFolders
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private WorkerProcess worker = null!;
    private Service service = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

    [Fact]
    public async Task Kill_WithAnOpenTunnel_LeavesNothing()
    {
        using var listening = listener;
        listener.Start();
        await using var started = service = await Service.Start(Data, "--slots", "0", "--lease", "10s");
        await Launch();
        try
        {
            var isolates = (await Node())["isolates"]!.AsArray();
            Assert.SkipUnless(isolates.Any(static kind => (string?)kind == "sandbox"), "no sandbox here");
            // The last two have another worker started.
            foreach (var target in (string[])["command", "first process of the sandbox", "worker", "supervisor"])
            {
                var failure = await Record.ExceptionAsync(() => AssertLeavesNothing(target));
                Assert.True(failure is null, $"After kill -9 of the {target}: {failure}");
            }
        }
        finally
        {
            await worker.DisposeAsync();
        }
    }

    private async Task AssertLeavesNothing(string target)
    {
        // The worker has whatever it keeps from the first task of this kind.
        await RunOne();
        var before = Sockets();
        var id = await Submit("curl -s --proxytunnel http://127.0.0.1:$PORT/ & wait $!");
        using var tunnel = await Accept();

        await Kill(target, id);

        await EndOf(tunnel);
        tunnel.Dispose();
        await Until.Holds("no process is left", Patience, () => Task.FromResult(
            MarkedProcesses.With($"TASK_ID={id}", Environment.ProcessId).Count == 0),
            () => string.Join('\n', MarkedProcesses.With($"TASK_ID={id}").Select(MarkedProcesses.Describe)));
        Assert.Equal("failed", (string?)(await service.Ended(id))["state"]);
        await RunOne();
        Assert.Equal([], Connections());
        await Until.Holds("the worker has no more sockets than before", Patience,
            () => Task.FromResult(Sockets() <= before), () => $"{Sockets()} instead of {before}");
    }

    private async Task Kill(string target, string id)
    {
        var (agent, supervisor) = (worker.Agent, worker.Supervisor);
        switch (target)
        {
            case "worker" or "supervisor":
                // Either ends with the other.
                Signals.Send(target == "worker" ? agent : supervisor, Signals.Kill);
                await Until.Holds(
                    "the worker is gone", Patience, () => Task.FromResult(Signals.IsGone(agent)), () => worker.Log);
                await worker.DisposeAsync();
                await Launch();
                break;
            default:
                var marked = MarkedProcesses.With($"TASK_ID={id}", Environment.ProcessId);
                var isFirst = target != "command";
                // Outside of the sandbox, nothing has the name of this program but the client itself.
                var pid = Assert.Single(
                    marked, one => isFirst ? MarkedProcesses.IsFirst(one) : MarkedProcesses.IsNamed(one, "curl"));
                Assert.True(Signals.Send(pid, Signals.Kill));
                break;
        }
    }

    /// <summary>Runs a command whose tunnel is served.</summary>
    private async Task RunOne()
    {
        var id = await Submit("curl -s --proxytunnel http://127.0.0.1:$PORT/");
        using (var tunnel = await Accept())
        {
            var buffer = new byte[4096];
            Assert.True(await tunnel.ReceiveAsync(buffer, Cancellation) > 0);
            await tunnel.SendAsync(
                "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello"u8.ToArray(), Cancellation);
            await EndOf(tunnel);
        }

        var task = await service.Ended(id);
        Assert.Equal(("succeeded", "hello"), ((string?)task["state"], (string?)task["output"]!["tail"]));
    }

    private Task<Socket> Accept() =>
        listener.AcceptSocketAsync(Cancellation).AsTask().WaitAsync(Patience, Cancellation);

    /// <summary>Waits until the other side has closed or reset a connection.</summary>
    private static async Task EndOf(Socket tunnel)
    {
        var buffer = new byte[4096];
        try
        {
            while (await tunnel.ReceiveAsync(buffer, Cancellation).AsTask().WaitAsync(Patience, Cancellation) > 0) { }
        }
        catch (SocketException)
        {
            // It was reset.
        }
    }

    /// <summary>The worker's sockets.</summary>
    private int Sockets() => Directory.GetFiles($"/proc/{worker.Agent}/fd")
        .Count(static file => new FileInfo(file).LinkTarget?.StartsWith("socket:", StringComparison.Ordinal) == true);

    /// <summary>The connections to the listed host that a process still has.</summary>
    private string[] Connections()
    {
        var port = Port.ToString("X4", CultureInfo.InvariantCulture);
        // A closed one has no process: its inode is 0.
        return
        [
            .. File.ReadLines("/proc/net/tcp").Skip(1)
                .Where(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)
                    is [_, _, var remote, _, _, _, _, _, _, not "0", ..]
                    && remote.EndsWith(":" + port, StringComparison.Ordinal)),
        ];
    }

    private async Task Launch()
    {
        worker = WorkerProcess.Launch(
            BuiltPrograms.Worker,
            ["--master", service.Grpc, "--name", "w1", "--data", In("w1"), "--slots", "2"], "w1", In("w1"));
        await worker.Started();
        await Until.Holds(
            "the node is ready", Patience, async () => (string?)(await Node())["state"] == "ready", () => worker.Log);
    }

    private async Task<JsonNode> Node()
    {
        var nodes = JsonNode.Parse(await service.Http.GetStringAsync("/api/v1/nodes", Cancellation))!;
        return nodes["items"]!.AsArray().FirstOrDefault() ?? new JsonObject();
    }

    private async Task<string> Submit(string command)
    {
        using var answer = await service.Post("/api/v1/tasks", new JsonObject
        {
            ["cmd"] = command.Replace("$PORT", Port.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal),
            ["isolation"] = new JsonObject
            {
                ["kind"] = "sandbox", ["network"] = "allow", ["allow"] = new JsonArray($"127.0.0.1:{Port}"),
            },
            ["retry"] = new JsonObject { ["onNodeLost"] = false },
        });
        var body = await answer.Content.ReadAsStringAsync(Cancellation);
        Assert.True(answer.IsSuccessStatusCode, body);
        return (string)JsonNode.Parse(body)!["id"]!;
    }
}
