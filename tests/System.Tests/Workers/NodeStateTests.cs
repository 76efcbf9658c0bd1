using System.Buffers.Text;
using System.Net;
using System.Text.Json.Nodes;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.Workers;

/// <summary>A worker through all states that the contract names, and what is told of them as events.</summary>
public sealed class NodeStateTests(NodeStateTests.Scene scene) : SceneTests(scene), IClassFixture<NodeStateTests.Scene>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly string FromTheStart = Base64Url.EncodeToString("00000000;0;0"u8);

    [Fact]
    public async Task Node_ThroughAllItsStates_IsShownAndToldAndForgotten()
    {
        await using var worker = await WorkerProcess.Start(Service, "states", In("states"), "--slots", "1");
        await Shows("states", "ready");
        using var active = await Service.Http.DeleteAsync("/api/v1/nodes/states");
        Assert.Equal(HttpStatusCode.Conflict, active.StatusCode);

        var running = await Service.Submit($"echo > {In("up")}; until [ -e {In("go")} ]; do sleep 0.05; done");
        await Shows("states", "busy");
        Assert.Equal("draining", (string?)(await Post("states", "drain"))["state"]);
        var waiting = await Service.Submit("true");
        await File.WriteAllTextAsync(In("go"), "");
        Assert.Equal("succeeded", (string?)(await Service.Ended(running))["state"]);
        Assert.Equal("queued", (string?)(await Service.Get(waiting))["state"]);
        await Shows("states", "draining");
        // It may have what waits already.
        Assert.Contains((string?)(await Post("states", "resume"))["state"], new[] { "ready", "busy" });
        Assert.Equal("succeeded", (string?)(await Service.Ended(waiting))["state"]);

        Signals.Send(worker.Agent, Signals.Stop);
        await Shows("states", "lost");
        using var forgotten = await Service.Http.DeleteAsync("/api/v1/nodes/states");
        Assert.Equal(HttpStatusCode.NoContent, forgotten.StatusCode);
        using var unknown = await Service.Http.GetAsync("/api/v1/nodes/states");
        using var again = await Service.Http.DeleteAsync("/api/v1/nodes/states");
        Assert.Equal((HttpStatusCode.NotFound, HttpStatusCode.NotFound), (unknown.StatusCode, again.StatusCode));
        var nodes = JsonNode.Parse(await Service.Http.GetStringAsync("/api/v1/nodes"))!["items"]!.AsArray();
        Assert.DoesNotContain(nodes, static node => (string?)node!["id"] == "states");

        Signals.Send(worker.Agent, Signals.Continue);
        await Shows("states", "ready");
        worker.Send(Signals.Terminate);
        Assert.Equal(0, await worker.End());
        await Shows("states", "gone");

        string[] expected = ["ready", "draining", "ready", "lost", "ready", "draining", "gone"];
        var (states, positions) = await Told("states", FromTheStart, expected.Length);
        Assert.Equal(expected, states);
        // From any event on: exactly what came after it.
        Assert.Equal(expected[3..], (await Told("states", positions[2], expected.Length - 3)).States);
    }

    [Fact]
    public async Task LostNode_ThatIsDrained_StaysLostAndIsForgotten()
    {
        await using var worker = await WorkerProcess.Start(Service, "stopped", In("stopped"), "--slots", "2");
        await Service.Submit("sleep 600");
        await Until.Holds("the task runs", Patience, async () => (int)(await Node("stopped"))["running"]! == 1);
        // Its supervisor stands still, too, so that nobody says goodbye for it.
        Signals.Send(worker.Supervisor, Signals.Stop);
        Signals.Send(worker.Agent, Signals.Stop);
        await Shows("stopped", "lost");

        var lost = await Node("stopped");
        foreach (var what in (string[])["drain", "resume", "drain"])
        {
            var answer = await Post("stopped", what);
            Assert.Equal(("lost", 0), ((string?)answer["state"], (int)answer["running"]!));
            Assert.Equal((string?)lost["lastReportAt"], (string?)answer["lastReportAt"]);
        }

        using var forgotten = await Service.Http.DeleteAsync("/api/v1/nodes/stopped");
        Assert.Equal(HttpStatusCode.NoContent, forgotten.StatusCode);
        Signals.Send(worker.Agent, Signals.Continue);
    }

    private async Task<JsonNode> Node(string name) =>
        JsonNode.Parse(await Service.Http.GetStringAsync($"/api/v1/nodes/{name}"))!;

    private async Task<JsonNode> Post(string name, string what)
    {
        using var answer = await Service.Http.PostAsync($"/api/v1/nodes/{name}/{what}", null);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return JsonNode.Parse(await answer.Content.ReadAsStringAsync())!;
    }

    private Task Shows(string name, string state) => Until.Holds($"{name} is {state}", Patience, async () =>
    {
        using var answer = await Service.Http.GetAsync($"/api/v1/nodes/{name}");
        return answer.IsSuccessStatusCode
            && (string?)JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["state"] == state;
    });

    /// <summary>The next states of a node after a position, and the position of each.</summary>
    private async Task<(string[] States, string[] Positions)> Told(string name, string from, int count)
    {
        using var limit = new CancellationTokenSource(Patience, TimeProvider.System);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/events");
        request.Headers.Add("Last-Event-ID", from);
        using var answer = await Service.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token);
        using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync(limit.Token));
        var (states, positions) = (new List<string>(), new List<string>());
        string? id = null;
        while (states.Count < count)
        {
            var line = await reader.ReadLineAsync(limit.Token) ?? throw new InvalidOperationException("The stream has ended.");
            if (line.StartsWith("id:", StringComparison.Ordinal))
                id = line[3..].Trim();
            if (!line.StartsWith("data:", StringComparison.Ordinal) || JsonNode.Parse(line[5..]) is not { } data
                || (string?)data["type"] != "node" || (string?)data["id"] != name)
                continue;
            states.Add((string)data["state"]!);
            positions.Add(id!);
        }

        return ([.. states], [.. positions]);
    }

    // Short, so that a node is lost soon.
    public sealed class Scene() : ServiceScene("--lease", "8s");
}
