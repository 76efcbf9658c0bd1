using System.Text.Json.Nodes;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.Workers;

/// <summary>Retries by cause with real processes: memory that grows, workers that die, and how long failed tasks are kept.</summary>
public sealed class RetryTests(SharedServices shared, RetryTests.Scene scene)
    : SceneTests(scene), IClassFixture<RetryTests.Scene>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task OutOfMemory_GrowsUntilTheCommandFits()
    {
        var service = await shared.Running;
        // Holds one block of 100 MB for a second: 40 MB are too little; 40 times 4, but at most 140, are enough.
        // (Not "tail": what it holds depends on the sizes of its reads, up to twice of what it keeps.)
        const string Line = "dd if=/dev/zero bs=100000000 count=1 status=none | { sleep 1; wc -c; }";
        var task = await service.Ended(await Submit(service, Line, 40_000_000, """{"maxAttempts":3,"memoryFactor":4,"memoryMax":140000000}"""));

        Assert.Equal(("succeeded", 2, "100000000\n"), ((string?)task["state"], (int)task["attempt"]!, (string?)task["output"]!["tail"]));
        var attempts = JsonNode.Parse(await service.Http.GetStringAsync($"/api/v1/tasks/{task["id"]}/attempts"))!["items"]!.AsArray();
        Assert.Equal(["out-of-memory", "exit"], attempts.Select(static attempt => (string?)attempt!["reason"]));
    }

    [Fact]
    public async Task OutOfMemory_NeverEnough_FailsAtItsBudget()
    {
        var service = await shared.Running;
        const string Line = "head -c 300000000 /dev/zero | tail -c 200000000 | wc -c";
        var task = await service.Ended(await Submit(service, Line, 30_000_000, """{"maxAttempts":2,"memoryFactor":2,"memoryMax":40000000}"""));
        Assert.Equal(("failed", "out-of-memory", 2), ((string?)task["state"], (string?)task["reason"], (int)task["attempt"]!));
        Assert.False((bool)task["quarantined"]!);
    }

    [Fact]
    public async Task OutOfMemory_RaisesWhatIsReserved_UpToWhatTheNodeOffers_AlsoAfterARestart()
    {
        // On a busy machine a restart can take longer than the default lease, and the running task would be put back.
        string[] places = ["--slots", "0", "--lease", "2m", "--http", RestartAddress.Next(), "--grpc", RestartAddress.Next()];
        string grows;
        var before = await Service.Start(Data, places);
        await using var worker = await WorkerProcess.Start(before, "w1", In("w1"), "--slots", "2", "--resource", "memory=220000000");
        await using (before)
        {
            await Submit(before, $"while [ ! -e {In("go")} ]; do sleep 0.1; done", new JsonObject { ["resources"] = Memory(150_000_000) });
            // As above: 60 MB are too little, and 4 times that is more than the node offers.
            const string Line = "echo $TASK_MEMORY; dd if=/dev/zero bs=100000000 count=1 status=none | { sleep 1; wc -c; }";
            grows = await Submit(before, Line, new JsonObject
            {
                ["resources"] = Memory(60_000_000),
                ["retry"] = Retry("""{"maxAttempts":3,"memoryFactor":4,"memoryMax":1000000000}"""),
            });
            await Until.Holds("more is not free", Patience, () => Lacks(before, grows, 220_000_000));
            await before.KillAll();
        }

        await using var service = await Service.Start(Data, places);
        await Until.Holds("more is not free", Patience, () => Lacks(service, grows, 220_000_000));
        var demand = JsonNode.Parse(await service.Http.GetStringAsync("/api/v1/demand"))!["items"]!.AsArray();
        Assert.Equal(220_000_000, (double)Assert.Single(demand)!["resources"]!["memory"]!);
        await File.WriteAllTextAsync(In("go"), "");
        var task = await service.Ended(grows);

        Assert.Equal(
            ("succeeded", 2, "220000000\n100000000\n"),
            ((string?)task["state"], (int)task["attempt"]!, (string?)task["output"]!["tail"]));
    }

    [Fact]
    public async Task NodeLost_AsOftenAsItsBudget_IsQuarantinedUntilItIsRetriedByName()
    {
        string id;
        await using (var worker = await WorkerProcess.Start(Service, "w1", In("w1"), "--label", "at=w1"))
        {
            // It needs this worker: the service has a slot too.
            var spec = JsonNode.Parse("""
                {"cmd":"exec sleep 600","queue":"losing","requires":{"at":"w1"},
                 "retry":{"on":{"node-lost":{"maxAttempts":1}}}}
                """)!;
            using var answer = await Service.Post("/api/v1/tasks", spec);
            id = (string)JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["id"]!;
            await Until.Holds("running", Patience, async () => (string?)(await Service.Get(id))["state"] == "running");
            Signals.Send(worker.Agent, Signals.Kill);
        }

        var task = await Service.Ended(id);
        Assert.Equal(("failed", "node-lost", true), ((string?)task["state"], (string?)task["reason"], (bool)task["quarantined"]!));
        Assert.Equal((1, 0), await Bulk("queue=losing"));
        Assert.Equal((0, 0), await Bulk("queue=losing&quarantined=false"));
        Assert.Equal((1, 1), await Bulk("queue=losing&quarantined=true"));
        using var cancelled = await Service.Http.PostAsync($"/api/v1/tasks/{id}/cancel", null);
        var released = await Service.Ended(id);
        Assert.Equal(("cancelled", false), ((string?)released["state"], (bool)released["quarantined"]!));
    }

    [Fact]
    public async Task Retention_OfFailedTasks_IsTheirOwn()
    {
        var (succeeded, failed) = (await Service.Submit("true"), await Service.Submit("exit 1"));
        await Service.Ended(failed);
        await Until.Holds("removed", Patience, async () =>
        {
            using var answer = await Service.Http.GetAsync($"/api/v1/tasks/{succeeded}");
            return (int)answer.StatusCode == 404;
        });
        // Another one, so that a whole round of retention has looked at the failed task since it was old enough.
        var later = await Service.Submit("true");
        await Until.Holds("removed", Patience, async () =>
        {
            using var answer = await Service.Http.GetAsync($"/api/v1/tasks/{later}");
            return (int)answer.StatusCode == 404;
        });
        Assert.Equal("failed", (string?)(await Service.Get(failed))["state"]);
    }

    private async Task<(int Matched, int Changed)> Bulk(string filter)
    {
        using var answer = await Service.Http.PostAsync("/api/v1/tasks/retry?" + filter, null);
        var counts = JsonNode.Parse(await answer.Content.ReadAsStringAsync())!;
        return ((int)counts["matched"]!, (int)counts["changed"]!);
    }

    private static async Task<bool> Lacks(Service service, string task, long memory)
    {
        var why = JsonNode.Parse(await service.Http.GetStringAsync($"/api/v1/tasks/{task}/why?nodes=true"))!;
        return why["reasons"]!.AsArray().Any(static reason => (string?)reason!["code"] == "no-free-resource")
            && why["nodes"]!.AsArray().Any(node => (double?)node!["lacks"]?["memory"]?["needs"] == memory);
    }

    private static JsonObject Memory(long bytes) => new() { ["memory"] = bytes };

    private static JsonObject Retry(string rule) =>
        new() { ["backoff"] = "0ms", ["on"] = new JsonObject { ["out-of-memory"] = JsonNode.Parse(rule) } };

    private static Task<string> Submit(Service service, string line, long memory, string rule) => Submit(service, line, new JsonObject
    {
        ["limits"] = new JsonObject { ["memoryBytes"] = memory },
        ["retry"] = Retry(rule),
    });

    private static async Task<string> Submit(Service service, string line, JsonObject spec)
    {
        spec["cmd"] = line;
        using var answer = await service.Post("/api/v1/tasks", spec);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        return (string)JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["id"]!;
    }

    /// <summary>Losses of nodes are soon noticed, and what failed is kept longer than what succeeded.</summary>
    public sealed class Scene()
        : ServiceScene("--slots", "1", "--lease", "8s", "--retention", "1s", "--retention-failed", "1h");
}
