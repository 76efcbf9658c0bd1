using System.Text.Json.Nodes;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.Workers;

/// <summary>Resources from the HTTP call to the process, with real workers that are upgraded and killed.</summary>
public sealed class ResourceTests(ResourceTests.Scene scene) : SceneTests(scene), IClassFixture<ResourceTests.Scene>
{
    private const string Upgraded = "worker node upgraded";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Gpus_AcrossAnUpgradeAndADeath_BelongToOneTaskEach()
    {
        await using var worker = await WorkerProcess.Start(
            Service, "gpus", In("gpus"), "--slots", "8", "--resource", "gpu=2", "--resource", "license=3");
        string[] holders = [await Submit(Holding("a"), Gpus(1)), await Submit(Holding("b"), Gpus(1))];
        await Until.Holds("both GPUs are in use", Patience, () => Task.FromResult(File.Exists(In("up-a")) && File.Exists(In("up-b"))));
        var waiting = await Submit(Taking, Gpus(2));
        var plain = await Service.Submit("true");
        Assert.Equal("succeeded", (string?)(await Service.Ended(plain))["state"]);
        await Until.Holds("the node shows its GPUs", Patience, async () => (await Node("gpus"))["gpus"]!.AsArray()
            .Select(static gpu => (string?)gpu!["task"]).Order().SequenceEqual(holders.Order()));
        await Waits(waiting, "no-free-resource");
        var fit = await Fit(waiting, "gpus");
        var lacks = fit["lacks"]!["gpu"]!;
        Assert.Equal(
            (true, 2, 0, 2), ((bool)fit["fits"]!, (int)lacks["needs"]!, (int)lacks["free"]!, (int)lacks["offered"]!));

        worker.Send(Signals.User2);
        await Until.Holds("upgraded", Patience, () => Task.FromResult(worker.Log.Contains(Upgraded, StringComparison.Ordinal)));

        // What waits is asked about by the new session, and is still told that nothing is free.
        var next = await Submit(Taking, Gpus(1));
        await Until.Holds("the new session shows them", Patience, async () => (await Node("gpus"))["gpus"]!.AsArray()
            .Select(static gpu => (string?)gpu!["task"]).Order().SequenceEqual(holders.Order()));
        Assert.Equal((2, 2), Figures(await Node("gpus"), "gpu"));
        await Waits(next, "no-free-resource");

        await File.WriteAllTextAsync(In("go-a"), "", Cancellation);
        Assert.Equal("succeeded", (string?)(await Service.Ended(holders[0]))["state"]);
        Assert.Equal("succeeded", (string?)(await Service.Ended(next))["state"]);

        // The supervisor kills what had the other one. Its task runs again, and takes it again.
        Signals.Send(worker.Agent, Signals.Kill);
        await worker.End();
        await using var again = await WorkerProcess.Start(
            Service, "gpus", In("gpus"), "--slots", "8", "--resource", "gpu=2");
        await File.WriteAllTextAsync(In("go-b"), "", Cancellation);
        foreach (var id in (string[])[holders[1], waiting])
            Assert.Equal("succeeded", (string?)(await Service.Ended(id))["state"]);
    }

    [Fact]
    public async Task PinnedTasks_AcrossAnUpgradeAndADeath_ShareNoCore()
    {
        Assert.SkipUnless(Environment.ProcessorCount > 1, "this machine has one core");
        await using var worker = await WorkerProcess.Start(
            Service, "cores", In("cores"), "--slots", "8", "--resource", "cpu=2");
        List<string> holders = [];
        foreach (var name in (string[])["a", "b"])
        {
            holders.Add(await Submit(HoldingCore(name), Cores(1)));
            await Until.Holds($"{name} has a core", Patience, () => Task.FromResult(File.Exists(In($"up-{name}"))));
        }

        // A task without pin has no core to itself, and runs meanwhile.
        Assert.Equal("succeeded", (string?)(await Service.Ended(await Service.Submit("true")))["state"]);
        Assert.True((bool)(await Node("cores"))["pins"]!);

        // The second has the second core, which it must keep though the first is free now.
        await File.WriteAllTextAsync(In("go-a"), "", Cancellation);
        Assert.Equal("succeeded", (string?)(await Service.Ended(holders[0]))["state"]);

        worker.Send(Signals.User2);
        await Until.Holds("upgraded", Patience, () => Task.FromResult(worker.Log.Contains(Upgraded, StringComparison.Ordinal)));
        var next = await Submit(TakingCore, Cores(1));
        Assert.Equal("succeeded", (string?)(await Service.Ended(next))["state"]);

        // The supervisor kills what had the other core. Its task runs again, and takes a core again.
        Signals.Send(worker.Agent, Signals.Kill);
        await worker.End();
        var both = await Submit("echo $TASK_CPUS $TASK_CPU_LIST $(nproc)", Cores(2));
        await using var again = await WorkerProcess.Start(
            Service, "cores", In("cores"), "--slots", "8", "--resource", "cpu=2");
        await File.WriteAllTextAsync(In("go-b"), "", Cancellation);
        Assert.Equal("succeeded", (string?)(await Service.Ended(holders[1]))["state"]);
        Assert.Equal("2 0,1 2\n", (string?)(await Service.Ended(both))["output"]!["tail"]);
    }

    [Fact]
    public async Task PinnedTask_WorkerOffersMoreCoresThanItHas_Waits()
    {
        await using var worker = await WorkerProcess.Start(
            Service, "many", In("many"), "--slots", "2", "--resource", "cpu=100000");

        var pinned = await Submit("true", Cores(1));
        var plain = await Submit("true", new JsonObject { ["cpu"] = 1 });

        Assert.Equal("succeeded", (string?)(await Service.Ended(plain))["state"]);
        await Waits(pinned, "no-matching-node");
        Assert.False((bool)(await Node("many"))["pins"]!);
        var fit = (await Fit(pinned, "many")).ToJsonString();
        Assert.Contains("offers more cores than it may use", fit, StringComparison.Ordinal);
        Assert.Contains("takes no tasks with pin", worker.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Resources_AreATasksEnvironmentAndItsLimit_AndThoseInUseKeepOthersWaitingUntilAllHaveStarted()
    {
        await using var worker = await WorkerProcess.Start(
            Service, "limits", In("limits"), "--slots", "8",
            "--resource", "cpu=2.5", "--resource", "memory=1GiB", "--resource", "license=2");
        var asks = new JsonObject { ["cpu"] = 0.5, ["memory"] = "64MiB", ["license"] = 1 };

        var ended = await Service.Ended(
            await Submit("echo $TASK_CPUS $TASK_MEMORY $TASK_GPUS; exit 0", asks.DeepClone()));
        Assert.Equal("0.5 67108864\n", (string?)ended["output"]!["tail"]);

        var tooMuch = await Service.Ended(
            await Submit("head -c 300000000 /dev/zero | tail -c 200000000 | wc -c", asks.DeepClone()));
        Assert.Equal("out-of-memory", (string?)tooMuch["reason"]);

        // A command that finds a third license in use fails.
        var counted = $"mkdir {In("license1")} || mkdir {In("license2")} || exit 9; sleep 0.05; "
            + $"rmdir {In("license1")} || rmdir {In("license2")}";
        var ids = new List<string>();
        for (var i = 0; i < 30; i++)
            ids.Add(await Submit(counted, new JsonObject { ["license"] = 1, ["cpu"] = i % 3 == 0 ? 2.5 : 0.25 }));
        foreach (var id in ids)
            Assert.Equal("succeeded", (string?)(await Service.Ended(id))["state"]);

        var resources = (await Node("limits"))["resources"]!;
        Assert.Equal(2.5, (double)resources["cpu"]!["offered"]!);
        Assert.Equal(["cpu", "license", "memory"], resources.AsObject().Select(static one => one.Key));
        var large = await Submit("true", new JsonObject { ["memory"] = "2GiB" });
        await Waits(large, "no-matching-node");
    }

    [Fact]
    public async Task Demand_IsInTheMetrics_UntilANodeTakesTheTasks()
    {
        for (var i = 0; i < 3; i++)
            await Submit("true", new JsonObject { ["license"] = 1, ["cpu"] = 0.5 });
        const string Waiting = "orleanstasks_demand_tasks{requires=\"\",resources=\"cpu=0.5,license=1\"} 3\n";
        await Until.Holds(
            "they wait", Patience, async () => (await Metrics()).Contains(Waiting, StringComparison.Ordinal));
        // No node could run one, so how many are needed is unknown.
        Assert.DoesNotContain("orleanstasks_demand_nodes{", await Metrics(), StringComparison.Ordinal);

        await using var small = await WorkerProcess.Start(
            Service, "small", In("small"), "--slots", "2", "--resource", "cpu=0.1", "--resource", "license=1");
        await using var worker = await WorkerProcess.Start(
            Service, "enough", In("enough"), "--slots", "2", "--resource", "cpu=1", "--resource", "license=1");
        await Until.Holds("none wait", Patience, async () =>
            !(await Metrics()).Contains("orleanstasks_demand_tasks{", StringComparison.Ordinal));
    }

    private string Taking => $"exec 9> {In("gpu")}$(echo $TASK_GPUS | cut -d, -f1); flock -n 9 || exit 9; sleep 0.1";

    private string Holding(string name) =>
        $"exec 9> {In("gpu")}$TASK_GPUS; flock -n 9 || exit 9; echo > {In($"up-{name}")}; while [ ! -e {In($"go-{name}")} ]; do sleep 0.1; done";

    private string TakingCore => $"exec 9> {In("core")}$TASK_CPU_LIST; flock -n 9 || exit 9; test $(nproc) = 1 || exit 8; sleep 0.1";

    private string HoldingCore(string name) =>
        $"exec 9> {In("core")}$TASK_CPU_LIST; flock -n 9 || exit 9; "
        + $"echo > {In($"up-{name}")}; while [ ! -e {In($"go-{name}")} ]; do sleep 0.1; done; test $(nproc) = 1";

    private static JsonObject Cores(int count) => new() { ["cpu"] = count, ["pin"] = true };

    private static JsonObject Gpus(int count) => new() { ["gpu"] = count };

    private static (int Offered, int Reserved) Figures(JsonNode node, string resource) =>
        ((int)node["resources"]![resource]!["offered"]!, (int)node["resources"]![resource]!["reserved"]!);

    private Task<string> Metrics() => Service.Http.GetStringAsync("/metrics", Cancellation);

    private async Task<JsonNode> Node(string name) =>
        JsonNode.Parse(await Service.Http.GetStringAsync($"/api/v1/nodes/{name}", Cancellation))!;

    /// <summary>What the service says of a node and a task that waits.</summary>
    private async Task<JsonNode> Fit(string task, string node)
    {
        var why = JsonNode.Parse(
            await Service.Http.GetStringAsync($"/api/v1/tasks/{task}/why?nodes=true", Cancellation))!;
        return why["nodes"]!.AsArray().Single(one => (string?)one!["node"] == node)!;
    }

    // A worker that registers again accepts no work until it has its connection, and the queue hears of that later than the
    // node's page, so another reason may come first.
    private async Task Waits(string task, string code) =>
        await Until.Holds($"{task} waits: {code}", Patience, async () =>
        {
            var why = JsonNode.Parse(await Service.Http.GetStringAsync($"/api/v1/tasks/{task}/why", Cancellation))!;
            return why["reasons"]!.AsArray() is [var first, ..] && (string?)first!["code"] == code;
        });

    private async Task<string> Submit(string command, JsonNode resources)
    {
        using var answer = await Service.Post(
            "/api/v1/tasks", new JsonObject { ["cmd"] = command, ["resources"] = resources });
        var text = await answer.Content.ReadAsStringAsync(Cancellation);
        Assert.True((int)answer.StatusCode == 202, text);
        return (string)JsonNode.Parse(text)!["id"]!;
    }

    /// <summary>A service with the options that it has by itself.</summary>
    public sealed class Scene() : ServiceScene();
}
