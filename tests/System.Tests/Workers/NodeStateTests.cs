using System.Buffers.Text;
using System.Net;
using System.Text.Json.Nodes;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.Workers;

/// <summary>A worker through all states that the contract names, and what is told of them as events.</summary>
public sealed class NodeStateTests : DataFolders
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly string FromTheStart = Base64Url.EncodeToString("00000000;0;0"u8);

    [Fact]
    public async Task Node_ThroughAllItsStates_IsShownAndToldAndForgotten()
    {
        await using var service = await Service.Start(Data, "--slots", "0", "--lease", "8s");
        await using var worker = await WorkerProcess.Start(service, "w1", In("w1"), "--slots", "1");
        await Shows(service, "ready");
        using var active = await service.Http.DeleteAsync("/api/v1/nodes/w1");
        Assert.Equal(HttpStatusCode.Conflict, active.StatusCode);

        var running = await service.Submit($"echo > {In("up")}; until [ -e {In("go")} ]; do sleep 0.05; done");
        await Shows(service, "busy");
        Assert.Equal("draining", (string?)(await Post(service, "drain"))["state"]);
        var waiting = await service.Submit("true");
        await File.WriteAllTextAsync(In("go"), "");
        Assert.Equal("succeeded", (string?)(await service.Ended(running))["state"]);
        Assert.Equal("queued", (string?)(await service.Get(waiting))["state"]);
        await Shows(service, "draining");
        // It may have what waits already.
        Assert.Contains((string?)(await Post(service, "resume"))["state"], new[] { "ready", "busy" });
        Assert.Equal("succeeded", (string?)(await service.Ended(waiting))["state"]);

        Signals.Send(worker.Agent, Signals.Stop);
        await Shows(service, "lost");
        using var forgotten = await service.Http.DeleteAsync("/api/v1/nodes/w1");
        Assert.Equal(HttpStatusCode.NoContent, forgotten.StatusCode);
        using var unknown = await service.Http.GetAsync("/api/v1/nodes/w1");
        using var again = await service.Http.DeleteAsync("/api/v1/nodes/w1");
        Assert.Equal((HttpStatusCode.NotFound, HttpStatusCode.NotFound), (unknown.StatusCode, again.StatusCode));
        Assert.Empty(JsonNode.Parse(await service.Http.GetStringAsync("/api/v1/nodes"))!["items"]!.AsArray());

        Signals.Send(worker.Agent, Signals.Continue);
        await Shows(service, "ready");
        worker.Send(Signals.Terminate);
        Assert.Equal(0, await worker.End());
        await Shows(service, "gone");

        string[] expected = ["ready", "draining", "ready", "lost", "ready", "draining", "gone"];
        var (states, positions) = await Told(service, FromTheStart, expected.Length);
        Assert.Equal(expected, states);
        // From any event on: exactly what came after it.
        Assert.Equal(expected[3..], (await Told(service, positions[2], expected.Length - 3)).States);
    }

    [Fact]
    public async Task LostNode_ThatIsDrained_StaysLostAndIsForgotten()
    {
        await using var service = await Service.Start(Data, "--slots", "0", "--lease", "8s");
        await using var worker = await WorkerProcess.Start(service, "w1", In("w1"), "--slots", "2");
        await service.Submit("sleep 600");
        await Until.Holds("the task runs", Patience, async () => (int)(await Node(service))["running"]! == 1);
        // Its supervisor stands still, too, so that nobody says goodbye for it.
        Signals.Send(worker.Supervisor, Signals.Stop);
        Signals.Send(worker.Agent, Signals.Stop);
        await Shows(service, "lost");

        var lost = await Node(service);
        foreach (var what in (string[])["drain", "resume", "drain"])
        {
            var answer = await Post(service, what);
            Assert.Equal(("lost", 0), ((string?)answer["state"], (int)answer["running"]!));
            Assert.Equal((string?)lost["lastReportAt"], (string?)answer["lastReportAt"]);
        }

        using var forgotten = await service.Http.DeleteAsync("/api/v1/nodes/w1");
        Assert.Equal(HttpStatusCode.NoContent, forgotten.StatusCode);
        Signals.Send(worker.Agent, Signals.Continue);
    }

    [Fact]
    public async Task Node_ThatIsToldToEndTwice_IsGoneAtOnceAndItsTaskRunsElsewhere()
    {
        await using var service = await Service.Start(Data, "--slots", "0", "--lease", "120s");
        await using var worker = await WorkerProcess.Start(service, "w1", In("w1"), "--slots", "1");
        var task = await service.Submit($"if [ $NODE_ID = w1 ]; then echo > {In("up")}; sleep 600; fi; echo elsewhere");
        await Until.Holds("the task runs", Patience, () => Task.FromResult(File.Exists(In("up"))));
        await using var rest = await WorkerProcess.Start(service, "rest", In("rest"), "--slots", "1");

        worker.Send(Signals.Terminate);
        await Shows(service, "draining");
        worker.Send(Signals.Terminate);

        Assert.Equal(128 + Signals.Terminate, await worker.End());
        Assert.Equal("gone", (string?)(await Node(service))["state"]);
        var ended = await service.Ended(task);
        Assert.Equal(("succeeded", "rest"), ((string?)ended["state"], (string?)ended["node"]));
    }

    private static async Task<JsonNode> Node(Service service) =>
        JsonNode.Parse(await service.Http.GetStringAsync("/api/v1/nodes/w1"))!;

    private static async Task<JsonNode> Post(Service service, string what)
    {
        using var answer = await service.Http.PostAsync($"/api/v1/nodes/w1/{what}", null);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return JsonNode.Parse(await answer.Content.ReadAsStringAsync())!;
    }

    private static Task Shows(Service service, string state) => Until.Holds($"w1 is {state}", Patience, async () =>
    {
        using var answer = await service.Http.GetAsync("/api/v1/nodes/w1");
        return answer.IsSuccessStatusCode
            && (string?)JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["state"] == state;
    });

    /// <summary>The next states of nodes after a position, and the position of each.</summary>
    private static async Task<(string[] States, string[] Positions)> Told(Service service, string from, int count)
    {
        using var limit = new CancellationTokenSource(Patience, TimeProvider.System);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/events");
        request.Headers.Add("Last-Event-ID", from);
        using var answer = await service.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token);
        using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync(limit.Token));
        var (states, positions) = (new List<string>(), new List<string>());
        string? id = null;
        while (states.Count < count)
        {
            var line = await reader.ReadLineAsync(limit.Token) ?? throw new InvalidOperationException("The stream has ended.");
            if (line.StartsWith("id:", StringComparison.Ordinal))
                id = line[3..].Trim();
            if (!line.StartsWith("data:", StringComparison.Ordinal) || JsonNode.Parse(line[5..]) is not { } data
                || (string?)data["type"] != "node")
                continue;
            Assert.Equal("w1", (string?)data["id"]);
            states.Add((string)data["state"]!);
            positions.Add(id!);
        }

        return ([.. states], [.. positions]);
    }
}
