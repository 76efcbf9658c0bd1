using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.Workers;

/// <summary>A sandbox from the HTTP call to the process: who asks for it, and who runs it.</summary>
public sealed class IsolationTests(SharedServices shared, IsolationTests.WalledService walled)
    : IClassFixture<IsolationTests.WalledService>
{
    // Succeeds outside of a sandbox, and says where it is.
    private const string Look = "test -d /home && echo outside || echo inside";

    [Fact]
    public async Task Task_AsksForASandbox_RunsInOne()
    {
        var service = await shared.Running;
        await SkipUnlessItIsolates(service);

        var inside = await service.Ended(await Submit(service, new() { ["cmd"] = Look, ["isolation"] = "sandbox" }));
        var outside = await service.Ended(await Submit(service, new() { ["cmd"] = Look }));

        Assert.Equal(("succeeded", "inside\n"), Told(inside));
        Assert.Equal(("succeeded", "outside\n"), Told(outside));
    }

    [Fact]
    public async Task Queue_DemandsASandbox_TasksRunInOneWhateverTheySay()
    {
        var service = await shared.Running;
        await SkipUnlessItIsolates(service);
        using var changed = await service.Http.PutAsJsonAsync("/api/v1/queues/walled", new JsonObject { ["minimumIsolation"] = "sandbox" });
        Assert.Equal("sandbox", (string?)JsonNode.Parse(await changed.Content.ReadAsStringAsync())!["minimumIsolation"]);

        var task = await service.Ended(await Submit(service, new() { ["cmd"] = Look, ["queue"] = "walled", ["isolation"] = "none" }));

        Assert.Equal(("succeeded", "inside\n"), Told(task));
    }

    [Fact]
    public async Task Service_HasADefault_TasksCanSayOtherwise()
    {
        var service = walled.Service;
        await SkipUnlessItIsolates(service);

        var silent = await service.Ended(await Submit(service, new() { ["cmd"] = Look }));
        var open = await service.Ended(await Submit(service, new() { ["cmd"] = Look, ["isolation"] = "none" }));

        Assert.Equal(("succeeded", "inside\n"), Told(silent));
        Assert.Equal(("succeeded", "outside\n"), Told(open));
    }

    [Fact]
    public async Task Service_HasADefault_CommandsOfJobsRunInIt()
    {
        var service = walled.Service;
        await SkipUnlessItIsolates(service);
        var job = JsonNode.Parse($$"""
            {"source":{"command":{"cmd":"{{Look}}"} },
            "process":{"chunkCommand":{"cmd":"cat; {{Look}}"} },
            "aggregate":[{"op":"groupCount","as":"places"},
            {"op":"reduceCommand","as":"reduced","command":{"cmd":"cat >/dev/null; {{Look}}"} }]}
            """)!;

        using var answer = await service.Http.PostAsJsonAsync("/api/v1/jobs", job);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        var id = (string)JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["id"]!;
        var ended = JsonNode.Parse(await service.Http.GetStringAsync($"/api/v1/jobs/{id}?wait=60s"))!;

        Assert.True((string?)ended["state"] == "succeeded", ended.ToJsonString());
        Assert.Equal(
            """{"places":[{"key":"inside","count":2}],"reduced":["inside"]}""",
            ended["aggregate"]!.ToJsonString());
    }

    [Fact]
    public async Task Path_IsNotAllowed_FailsTheAttemptAndIsNamed()
    {
        var (service, allowed) = (walled.Service, walled.Allowed);
        await SkipUnlessItIsolates(service);

        var refused = await service.Ended(await Submit(service, WithPath("/root")));
        var written = await service.Ended(await Submit(service, WithPath(allowed)));

        Assert.Equal("spawn-failed", (string?)refused["reason"]);
        Assert.Contains("'/root'", (string?)refused["output"]!["tail"], StringComparison.Ordinal);
        Assert.Equal("succeeded", (string?)written["state"]);
        Assert.Equal("x\n", await File.ReadAllTextAsync(Path.Combine(allowed, "made"), TestContext.Current.CancellationToken));

        static JsonObject WithPath(string path) => new()
        {
            ["cmd"] = $"echo x >{path}/made", ["isolation"] = new JsonObject { ["kind"] = "sandbox", ["write"] = new JsonArray(path) },
        };
    }

    [Fact]
    public async Task Network_Allow_ReachesTheListedHostAlone()
    {
        var service = await shared.Running;
        await SkipUnlessItIsolates(service);
        var (own, logged) = (service.Http.BaseAddress!, service.Log.Length);
        var (host, other) = ($"{own.Host}:{own.Port}", $"{own.Host}:{own.Port + 1}");

        var told = await service.Ended(await Submit(service, new()
        {
            ["cmd"] = $"curl -s http://{host}/api/v1/nodes | head -c 9; echo; curl -s http://{other}/; curl -s --noproxy '*' http://{host}/ || echo walled",
            ["isolation"] = new JsonObject { ["kind"] = "sandbox", ["network"] = "allow", ["allow"] = new JsonArray(host) },
        }));

        Assert.Equal(
            ("succeeded", $$"""
                {"items":
                {{other}} is not among the hosts that isolation.allow lists
                isolation.allow lists: {{host}}
                walled

                """),
            Told(told));
        // What the service has printed may be read later than what it has answered.
        await Until.Holds("the refusal is logged", TimeSpan.FromSeconds(30), () => Task.FromResult(
            service.Log[logged..].Contains($"was refused {other}", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Network_AllowOfAContainer_IsRefused()
    {
        var service = await shared.Idle;

        using var answer = await service.Http.PostAsJsonAsync("/api/v1/tasks", new JsonObject
        {
            ["cmd"] = "true",
            ["isolation"] = new JsonObject { ["kind"] = "container", ["image"] = "a", ["network"] = "allow" },
        });

        Assert.Equal(HttpStatusCode.UnprocessableEntity, answer.StatusCode);
        Assert.Contains("only a sandbox can have allow", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Isolation_Unknown_IsRefused()
    {
        var service = await shared.Idle;

        using var answer = await service.Http.PostAsJsonAsync("/api/v1/tasks", new JsonObject { ["cmd"] = "true", ["isolation"] = "wall" });

        Assert.Equal(HttpStatusCode.UnprocessableEntity, answer.StatusCode);
        Assert.Contains("isolation", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    private static (string? State, string? Output) Told(JsonNode task) => ((string?)task["state"], (string?)task["output"]!["tail"]);

    private static async Task SkipUnlessItIsolates(Service service)
    {
        var nodes = JsonNode.Parse(await service.Http.GetStringAsync("/api/v1/nodes"))!["items"]!.AsArray();
        var isolates = nodes.SelectMany(static node => node!["isolates"]!.AsArray());
        Assert.SkipUnless(isolates.Any(static kind => (string?)kind == "sandbox"), "no sandbox here");
    }

    private static async Task<string> Submit(Service service, JsonObject spec)
    {
        using var answer = await service.Http.PostAsJsonAsync("/api/v1/tasks", spec);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        return (string)JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["id"]!;
    }

    /// <summary>A service whose tasks run in a sandbox unless they say otherwise, and may ask for one folder.</summary>
    public sealed class WalledService : DataFolders, IAsyncLifetime
    {
        internal Service Service { get; private set; } = null!;

        internal string Allowed => In("allowed");

        public async ValueTask InitializeAsync()
        {
            Directory.CreateDirectory(Allowed);
            Service = await Service.Start(Data, "--slots", "2", "--isolation", "sandbox", "--sandbox-allow", Allowed);
        }

        public async ValueTask DisposeAsync()
        {
            await Service.DisposeAsync();
            Dispose();
        }
    }
}
