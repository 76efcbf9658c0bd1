using System.Text.Json.Nodes;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.Workers;

/// <summary>
/// The process that was started is killed by kill -9, so that the one below it kills what it runs and ends: nobody takes those ends for
/// the programs' own.
/// </summary>
public sealed class OrphanTests : DataFolders
{
    private const string Slow = """{"chunkCommand":{"cmd":"sleep 0.3; cat"}}""";
    private const string Kept = """{"command":{"cmd":"while read x; do sleep 0.03; echo $x; done"}}""";
    private const string Identity = """{"builtin":"identity"}""";
    private const string Sum = """{"as":"s","op":"sum"}""";
    private const string Merge = """{"as":"s","op":"reduceCommand","command":{"cmd":"sleep 0.3; awk '{ s += $1 } END { print s }'"}}""";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(5);

    [Theory]
    [InlineData(Slow, Sum, "7140")]
    [InlineData(Kept, Sum, "7140")]
    [InlineData(Identity, Merge, "[7140]")]
    public async Task Service_ThatWasKilledAbove_GoesOnWithItsJobs(string process, string aggregate, string expected)
    {
        var service = await Service.Start(Data, "--slots", "2");
        try
        {
            var job = await Submit(service, Range(process, aggregate));
            await Until.Holds("chunks end", Patience, async () => (int)(await Job(service, job))["chunksDone"]! >= 2);
            var agent = service.Agent;
            Signals.Send(service.Supervisor, Signals.Kill);
            await Until.Holds("the service is gone", Patience, () => Task.FromResult(Signals.IsGone(agent)));
            await service.DisposeAsync();
            service = await Service.Start(Data, "--slots", "2");
            await Succeeds(service, job, expected);
        }
        finally
        {
            await service.DisposeAsync();
        }
    }

    [Fact]
    public async Task Service_ThatWasKilledAbove_CountsOneLossOfEachTask()
    {
        string[] tasks;
        await using (var service = await Service.Start(Data, "--slots", "8"))
        {
            var spec = new JsonObject
            {
                ["cmd"] = "[ $TASK_ATTEMPT = 2 ] || exec sleep 600",
                ["retry"] = JsonNode.Parse("""{"on":{"node-lost":{"maxAttempts":2}}}"""),
            };
            var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(async _ =>
            {
                using var response = await service.Post("/api/v1/tasks", spec.DeepClone());
                return JsonNode.Parse(await response.Content.ReadAsStringAsync())!;
            }));
            tasks = [.. answers.Select(static task => (string)task["id"]!)];
            foreach (var task in tasks)
                await Until.Holds("it runs", Patience, async () => (string?)(await service.Get(task))["state"] == "running");
            var agent = service.Agent;

            Signals.Send(service.Supervisor, Signals.Kill);

            await Until.Holds("the service is gone", Patience, () => Task.FromResult(Signals.IsGone(agent)));
        }

        await using var again = await Service.Start(Data, "--slots", "8");
        foreach (var task in tasks)
        {
            var ended = await again.Ended(task);
            Assert.Equal(("succeeded", 2), ((string?)ended["state"], (int)ended["attempt"]!));
        }
    }

    [Theory]
    [InlineData(Slow, Sum, "7140")]
    [InlineData(Kept, Sum, "7140")]
    [InlineData(Identity, Merge, "[7140]")]
    public async Task Worker_ThatWasKilledAbove_SaysGoodbyeAndItsChunksEndElsewhere(string process, string aggregate, string expected)
    {
        await using var service = await Service.Start(Data, "--slots", "0", "--lease", "120s");
        await using var dies = await WorkerProcess.Start(service, "dies", In("dies"), "--slots", "2");
        await using var rest = await WorkerProcess.Start(service, "rest", In("rest"), "--slots", "2");
        var job = await Submit(service, Range(process, aggregate));
        await Until.Holds("chunks end", Patience, async () => (int)(await Job(service, job))["chunksDone"]! >= 2);

        Signals.Send(dies.Supervisor, Signals.Kill);

        await Leaves(service, dies);
        await Succeeds(service, job, expected);
    }

    [Fact]
    public async Task Worker_ThatWasKilledAbove_LosesWhatItRan()
    {
        await using var service = await Service.Start(Data, "--slots", "0", "--lease", "120s");
        await using var dies = await WorkerProcess.Start(service, "dies", In("dies"), "--slots", "4");
        const string Hang = "if [ $NODE_ID = dies ]; then sleep 600; fi; echo elsewhere";
        var task = await service.Submit(Hang);
        var once = await Submit(service, Source("exec sleep 600", "false"));
        var again = await Submit(service, Source("if [ $NODE_ID = dies ]; then exec sleep 600; fi; echo 3", "true"));
        await Until.Holds("what was read is done", Patience, async () =>
            (string?)(await service.Get(task))["state"] == "running" && (int)(await Job(service, once))["itemsDone"]! == 2
            && (int)(await Job(service, again))["itemsDone"]! == 2);
        await using var rest = await WorkerProcess.Start(service, "rest", In("rest"), "--slots", "4");

        Signals.Send(dies.Supervisor, Signals.Kill);

        await Leaves(service, dies);
        var ended = await service.Ended(task);
        Assert.Equal(("succeeded", "rest"), ((string?)ended["state"], (string?)ended["node"]));
        var attempts = JsonNode.Parse(await service.Http.GetStringAsync($"/api/v1/tasks/{task}/attempts"))!["items"]!.AsArray();
        Assert.Equal("node-lost", (string?)attempts.Single(static a => (int)a!["attempt"]! == 1)!["reason"]);
        await Succeeds(service, again, "3");
        var lost = JsonNode.Parse(await service.Http.GetStringAsync($"/api/v1/jobs/{once}?wait=60s"))!;
        Assert.Equal(("failed", "source-lost"), ((string?)lost["state"], (string?)lost["reason"]));
    }

    /// <summary>It leaves by its goodbye, long before its tasks' leases of two minutes end.</summary>
    private static async Task Leaves(Service service, WorkerProcess worker)
    {
        JsonNode node = null!;
        await Until.Holds(
            "the worker has left",
            Soon,
            async () => (string?)(node = JsonNode.Parse(await service.Http.GetStringAsync($"/api/v1/nodes/{worker.Name}"))!)["state"] == "gone",
            () => $"{node}\n{worker.Log}");
    }

    private static string Range(string process, string aggregate) => $$$"""
        {"source":{"range":{"from":0,"to":120}},"process":{{{process}}},"aggregate":[{{{aggregate}}}],"chunkSize":10}
        """;

    private static string Source(string then, string replayable) => $$$"""
        {"source":{"command":{"cmd":"echo 1; echo 2; {{{then}}}","replayable":{{{replayable}}}}},"process":{"builtin":"identity"},
         "aggregate":[{"as":"s","op":"count"}]}
        """;

    private static async Task<string> Submit(Service service, string spec)
    {
        using var response = await service.Post("/api/v1/jobs", JsonNode.Parse(spec)!);
        Assert.Equal(202, (int)response.StatusCode);
        return (string)JsonNode.Parse(await response.Content.ReadAsStringAsync())!["id"]!;
    }

    private static async Task<JsonNode> Job(Service service, string id) =>
        JsonNode.Parse(await service.Http.GetStringAsync($"/api/v1/jobs/{id}"))!;

    private static async Task Succeeds(Service service, string job, string expected)
    {
        var ended = JsonNode.Parse(await service.Http.GetStringAsync($"/api/v1/jobs/{job}?wait=60s"))!;
        Assert.True(
            (string?)ended["state"] == "succeeded" && ended["aggregate"]!["s"]!.ToJsonString() == expected,
            $"{ended}\n{await service.Http.GetStringAsync($"/api/v1/jobs/{job}/failures")}");
    }
}
