using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using OrleansTasks.Bench.Harness;

namespace OrleansTasks.Bench.Scenarios.Floods;

/// <summary>The floods that attackers have tried, one for each bound.</summary>
internal static class KnownFloods
{
    private const string Paused = "flooded";
    private const int Stored = 100_000;
    private static readonly int Keys = Parameter.Of("OTASK_BENCH_KEYS", 100_000);
    private static readonly TimeSpan Hold = TimeSpan.FromSeconds(15);

    private static JsonObject Quiet => new() { ["cmd"] = "echo nothing that anybody looks for", ["queue"] = Paused };

    /// <summary>All of them.</summary>
    public static IReadOnlyList<Flood> All { get; } =
    [
        new("search", $"200 searches every second over {Stored} tasks, for a text that none has", Store, static flooder =>
            Flooder.EverySecond(200, _ => flooder.Get("search?q=RARE"))),
        new("lists", $"100 filtered lists every second over {Stored} tasks, whose callers hang up after 100 ms", Store, static flooder =>
            Flooder.EverySecond(100, _ => flooder.Get("tasks?q=RARE&limit=100", TimeSpan.FromMilliseconds(100)))),
        new("queues", "tasks of 12,000 new queues", Nothing, static flooder =>
            Flooder.Many(12_000, 32, number => flooder.Post("tasks", new JsonObject { ["cmd"] = "true", ["queue"] = $"q{number}" }))),
        new("audit", "32 tasks cancelled and retried by turns: 13,000 audit records", Pause, CancelAndRetry),
        new("items", "a workflow of 20 nodes with 10,000 items each", Nothing, AskForItems),
        new("pattern", "32 output searches at a time for 15 s, by a pattern that is refused and by the heaviest that is not", Write, SearchOutput),
        new("readers", "150 readers of events who never read, while 200,000 tasks are submitted and cancelled", Pause, ReadNothing),
        new("keys", $"{Keys} tasks with a concurrency key each (OTASK_BENCH_KEYS=n), cancelled in the end", Pause, UseKeys),
        new("webhooks", "100 webhooks for all events, whose targets never answer", Nothing, Hook),
        new("waits", "1,500 waits for a task that does not end", Pause, Wait),
    ];

    private static Task Nothing(Flooder flooder) => Task.CompletedTask;

    private static Task Pause(Flooder flooder) =>
        flooder.Send(HttpMethod.Put, "queues/" + Paused, new JsonObject { ["paused"] = true });

    private static async Task Store(Flooder flooder)
    {
        await Pause(flooder);
        await Batches.Submit(flooder.Service.Http, Quiet, Stored);
    }

    private static Task CancelAndRetry(Flooder flooder) => Flooder.Many(32, 32, async _ =>
    {
        var id = await Batches.SubmitOne(flooder.Service.Http, Quiet);
        for (var record = 0; record < 13_000 / 32; record++)
            await flooder.Post($"tasks/{id}/{(record % 2 == 0 ? "cancel" : "retry")}");
    });

    private static async Task AskForItems(Flooder flooder)
    {
        var nodes = new JsonArray { new JsonObject { ["name"] = "list", ["task"] = new JsonObject { ["cmd"] = "seq 10000" } } };
        for (var node = 0; node < 20; node++)
        {
            nodes.Add(new JsonObject
            {
                ["name"] = $"n{node}",
                ["after"] = new JsonArray("list"),
                ["forEach"] = new JsonObject { ["node"] = "list", ["from"] = "stdout" },
                ["task"] = new JsonObject { ["cmd"] = "true" },
            });
        }

        var workflow = await flooder.Post("workflows", new JsonObject { ["name"] = "flood", ["nodes"] = nodes });
        await Task.Delay(2 * Hold, TimeProvider.System);
        await flooder.Post($"workflows/{workflow!["id"]}/cancel");
    }

    private static async Task Write(Flooder flooder)
    {
        var id = await Batches.SubmitOne(
            flooder.Service.Http, new JsonObject { ["cmd"] = "yes $(head -c 600 /dev/zero | tr '\\0' a) | head -n 2000", ["name"] = "output" });
        await Bystanders.Read(flooder.Service, id, "?wait=60s");
    }

    private static async Task SearchOutput(Flooder flooder)
    {
        using var stop = new CancellationTokenSource(Hold);
        var id = (await flooder.Get("tasks?name=output"))!["items"]![0]!["id"];
        string[] patterns = ["((a|b){1,60}c?){1,60}", "((a|b){1,14}c?){1,14}"];
        await Flooder.Many(32, 32, async number =>
        {
            while (!stop.IsCancellationRequested)
            {
                await flooder.Get($"tasks/{id}/output/search?regex=true&q={Uri.EscapeDataString(patterns[number % 2])}");
                await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, CancellationToken.None);
            }
        });
    }

    private static async Task ReadNothing(Flooder flooder)
    {
        var readers = new List<Socket>();
        var request = Encoding.ASCII.GetBytes($"GET /api/v1/events HTTP/1.1\r\nHost: {flooder.Service.Address.Authority}\r\n\r\n");
        for (var reader = 0; reader < 150; reader++)
        {
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 4_096 };
            readers.Add(socket);
            await socket.ConnectAsync(IPAddress.Loopback, flooder.Service.Address.Port);
            await socket.SendAsync(request);
        }

        for (var round = 0; round < 10; round++)
        {
            await Batches.Submit(flooder.Service.Http, Quiet, 20_000);
            await flooder.Post($"tasks/cancel?queue={Paused}&state=queued");
        }

        foreach (var reader in readers)
            flooder.Answers.Add(await IsCut(reader) ? "stream cut" : "stream open");
    }

    // Reads what the kernel had for a reader: then comes the end of a connection that the service has cut.
    private static async Task<bool> IsCut(Socket reader)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));
        using (reader)
        {
            try
            {
                var buffer = new byte[65_536];
                while (await reader.ReceiveAsync(buffer, limit.Token) > 0)
                {
                }

                return true;
            }
            catch (SocketException)
            {
                return true;
            }
            catch (OperationCanceledException)
            {
                return false;
            }
        }
    }

    private static async Task UseKeys(Flooder flooder)
    {
        const int batch = 10_000;
        for (var first = 0; first < Keys; first += batch)
        {
            var tasks = new JsonArray();
            for (var number = first; number < Math.Min(Keys, first + batch); number++)
            {
                var task = Quiet;
                task["concurrency"] = new JsonObject { ["key"] = "key-" + number.ToString(CultureInfo.InvariantCulture) };
                tasks.Add(task);
            }

            await flooder.Post("tasks/batch", new JsonObject { ["tasks"] = tasks });
        }

        await flooder.Post($"tasks/cancel?queue={Paused}&state=queued");
    }

    private static async Task Hook(Flooder flooder)
    {
        using var target = new TcpListener(IPAddress.Loopback, 0);
        target.Start(1_000);
        var accepted = Accept(target);
        var address = $"http://127.0.0.1:{((IPEndPoint)target.LocalEndpoint).Port}/";
        await Flooder.Many(101, 8, number => flooder.Post("webhooks", new JsonObject
        {
            ["url"] = $"{address}{number}",
            ["types"] = new JsonArray("task", "job", "node", "queue", "schedule", "workflow", "rollout"),
        }));
        await Task.Delay(2 * Hold, TimeProvider.System);
        target.Stop();
        foreach (var connection in await accepted)
        {
            flooder.Answers.Add("delivery tried");
            connection.Dispose();
        }
    }

    private static async Task<List<Socket>> Accept(TcpListener target)
    {
        var connections = new List<Socket>();
        try
        {
            while (true)
                connections.Add(await target.AcceptSocketAsync());
        }
        catch (SocketException)
        {
            return connections;
        }
    }

    private static async Task Wait(Flooder flooder)
    {
        var id = await Batches.SubmitOne(flooder.Service.Http, Quiet);
        await Flooder.Many(1_500, 1_500, _ => flooder.Get($"tasks/{id}?wait=60s", Hold));
    }
}
