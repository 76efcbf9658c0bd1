using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansTasks.Lifetime;
using OrleansTasks.System.Tests.Running;
using OrleansTasks.Worker.Agent;
using OrleansTasks.Worker.Link;
using OrleansTasks.Worker.Processes;

namespace OrleansTasks.System.Tests.Workers;

/// <summary>A task's limits from the HTTP call to the process: each that a node says it enforces holds, and decides who gets the task.</summary>
public sealed class LimitTests(SharedServices shared) : DataFolders
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Node_SaysWhatItEnforces_AndEachLimitHolds()
    {
        var service = await shared.Running;
        var nodes = JsonNode.Parse(await service.Http.GetStringAsync("/api/v1/nodes"))!["items"]!.AsArray();
        var node = nodes.Single(static one => (string?)one!["address"] == "local")!;
        var enforced = node["enforces"]!.AsArray().Select(static limit => (string)limit!).ToArray();

        Assert.Superset(new HashSet<string> { "memoryBytes", "cpuTime", "openFiles" }, enforced.ToHashSet());
        foreach (var limit in enforced)
        {
            var (line, amount) = limit switch
            {
                "memoryBytes" => ("head -c 300000000 /dev/zero | tail -c 200000000 | wc -c; exit 0", (JsonNode)40_000_000),
                "cpuTime" => ("while :; do :; done", "300ms"),
                "processes" => ("for i in 1 2 3 4 5 6 7 8 9; do sleep 60 & done; echo all", 5),
                "openFiles" => ("ulimit -n", 17),
                _ => throw new InvalidOperationException($"No test for the limit {limit}."),
            };
            var ended = await service.Ended(await Submit(service, line, limit, amount));
            var (reason, tail) = ((string?)ended["reason"], (string)ended["output"]!["tail"]!);
            switch (limit)
            {
                case "memoryBytes": Assert.Equal("out-of-memory", reason); break;
                case "cpuTime": Assert.Equal("cpu-time", reason); break;
                case "openFiles": Assert.Equal("17\n", tail); break;
                default:
                    Assert.Equal("failed", (string?)ended["state"]);
                    Assert.Contains("ork", tail, StringComparison.Ordinal);
                    break;
            }
        }
    }

    [Fact]
    public async Task Node_CannotEnforceALimit_IsNotGivenTheTask()
    {
        await using var service = await Service.Start(Data, "--slots", "0");
        await using var host = new ProcessHost(
            new() { WorkFolderRoot = In("weak-work"), UseControlGroups = false, SpawnThreads = 2 }, TimeProvider.System);
        using var ring = new MasterRing([new Uri($"http://{service.Grpc}")],
            static master => new MasterConnection(new MasterChannelOptions { Address = master }), NullLogger<MasterRing>.Instance);
        var options = new AgentOptions
        {
            NodeId = "weak", DataFolder = In("weak"), Slots = 2, Enforces = LimitBits.Of(host.EnforcedLimits),
        };
        await using var weak = new NodeAgent(
            options, ring, host, TimeProvider.System, BootClock.Instance, NullLogger<NodeAgent>.Instance);
        weak.Start();
        await weak.Registered.WaitAsync(Patience);

        var limited = await Submit(service, "true", "processes", 20);
        var free = await service.Ended(await Submit(service, "true", "openFiles", 20));

        Assert.Equal(("succeeded", "weak"), ((string?)free["state"], (string?)free["node"]));
        Assert.Equal("queued", (string?)(await service.Get(limited))["state"]);
        var why = await service.Http.GetStringAsync($"/api/v1/tasks/{limited}/why");
        Assert.Contains("limit", why, StringComparison.OrdinalIgnoreCase);
        await using var strong = await WorkerProcess.Start(service, "strong", In("strong"));
        var enforces = JsonNode.Parse(await service.Http.GetStringAsync("/api/v1/nodes/strong"))!["enforces"]!.AsArray();
        if (!enforces.Any(static limit => (string?)limit == "processes"))
            return;
        Assert.Equal("strong", (string?)(await service.Ended(limited))["node"]);
    }

    private static async Task<string> Submit(Service service, string line, string limit, JsonNode amount)
    {
        var spec = new JsonObject
        {
            ["cmd"] = line, ["queue"] = "enforced", ["limits"] = new JsonObject { [limit] = amount },
        };
        using var answer = await service.Http.PostAsJsonAsync("/api/v1/tasks", spec);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        return (string)JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["id"]!;
    }
}
