using System.Net.Http.Json;
using System.Text.Json.Nodes;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.Workers;

/// <summary>
/// The process that was started is killed by kill -9, so that the one below it kills what it runs and ends: nobody takes those ends for
/// the programs' own. A worker that is told to end twice does the same.
/// </summary>
public sealed class OrphanTests(OrphanTests.Scene scene) : SceneTests(scene), IClassFixture<OrphanTests.Scene>
{
    private const string Slow = """{"chunkCommand":{"cmd":"sleep 0.3; cat"}}""";
    private const string Kept = """{"command":{"cmd":"while read x; do sleep 0.03; echo $x; done"}}""";
    private const string Identity = """{"builtin":"identity"}""";
    private const string Sum = """{"as":"s","op":"sum"}""";
    private const string Merge = """{"as":"s","op":"reduceCommand","command":{"cmd":"sleep 0.3; awk '{ s += $1 } END { print s }'"}}""";

    // What is killed: programs that are started for a chunk each, programs that are kept, and those that reduce.
    private static readonly (string Queue, string Process, string Aggregate, string Expected)[] Jobs =
    [
        ("slow", Slow, Sum, "64620"),
        ("kept", Kept, Sum, "64620"),
        ("merged", Identity, Merge, "[64620]"),
    ];

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(5);

    [Fact]
    public async Task Service_ThatWasKilledAbove_GoesOnWithItsJobsAndCountsOneLossOfEachTask()
    {
        string[] tasks, jobs;
        // For eight tasks, and two chunks of each job.
        string[] options = ["--slots", "14"];
        await using (var service = await Service.Start(Data, options))
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
            jobs = await BeginJobs(service, atOnce: 2);
            var agent = service.Agent;

            Signals.Send(service.Supervisor, Signals.Kill);

            await Until.Holds("the service is gone", Patience, () => Task.FromResult(Signals.IsGone(agent)));
        }

        await using var again = await Service.Start(Data, options);
        foreach (var task in tasks)
        {
            var ended = await again.Ended(task);
            Assert.Equal(("succeeded", 2), ((string?)ended["state"], (int)ended["attempt"]!));
        }

        await JobsSucceed(again, jobs);
    }

    [Fact]
    public async Task Worker_ThatWasKilledAbove_SaysGoodbyeAndItsChunksEndElsewhere()
    {
        await using var dies = await WorkerProcess.Start(Service, "dies1", In("dies1"), "--slots", "6");
        await using var rest = await WorkerProcess.Start(Service, "rest1", In("rest1"), "--slots", "6");
        var jobs = await BeginJobs(Service, atOnce: 4);

        Signals.Send(dies.Supervisor, Signals.Kill);

        await Leaves(Service, dies);
        await JobsSucceed(Service, jobs);
    }

    [Fact]
    public async Task Worker_ThatWasKilledAbove_LosesWhatItRan()
    {
        await using var dies = await WorkerProcess.Start(Service, "dies2", In("dies2"), "--slots", "4");
        const string Hang = "if [ $NODE_ID = dies2 ]; then sleep 600; fi; echo elsewhere";
        var task = await Service.Submit(Hang);
        var once = await Submit(Service, Source("exec sleep 600", "false"));
        var again = await Submit(Service, Source("if [ $NODE_ID = dies2 ]; then exec sleep 600; fi; echo 3", "true"));
        await Until.Holds("what was read is done", Patience, async () =>
            (string?)(await Service.Get(task))["state"] == "running" && (int)(await Job(Service, once))["itemsDone"]! == 2
            && (int)(await Job(Service, again))["itemsDone"]! == 2);
        await using var rest = await WorkerProcess.Start(Service, "rest2", In("rest2"), "--slots", "4");

        Signals.Send(dies.Supervisor, Signals.Kill);

        await Leaves(Service, dies);
        var ended = await Service.Ended(task);
        Assert.Equal(("succeeded", "rest2"), ((string?)ended["state"], (string?)ended["node"]));
        var attempts = JsonNode.Parse(await Service.Http.GetStringAsync($"/api/v1/tasks/{task}/attempts"))!["items"]!.AsArray();
        Assert.Equal("node-lost", (string?)attempts.Single(static a => (int)a!["attempt"]! == 1)!["reason"]);
        await Succeeds(Service, again, "3");
        var lost = JsonNode.Parse(await Service.Http.GetStringAsync($"/api/v1/jobs/{once}?wait=60s"))!;
        Assert.Equal(("failed", "source-lost"), ((string?)lost["state"], (string?)lost["reason"]));
    }

    [Fact]
    public async Task Worker_ThatIsToldToEndTwice_IsGoneAtOnceAndItsTaskRunsElsewhere()
    {
        await using var worker = await WorkerProcess.Start(Service, "ends", In("ends"), "--slots", "1");
        var task = await Service.Submit(
            $"if [ $NODE_ID = ends ]; then echo > {In("up")}; sleep 600; fi; echo elsewhere");
        await Until.Holds("the task runs", Patience, () => Task.FromResult(File.Exists(In("up"))));
        await using var rest = await WorkerProcess.Start(Service, "rest3", In("rest3"), "--slots", "1");

        worker.Send(Signals.Terminate);
        await Until.Holds("it is draining", Patience, async () => await State(Service, worker) == "draining");
        worker.Send(Signals.Terminate);

        Assert.Equal(128 + Signals.Terminate, await worker.End());
        Assert.Equal("gone", await State(Service, worker));
        var ended = await Service.Ended(task);
        Assert.Equal(("succeeded", "rest3"), ((string?)ended["state"], (string?)ended["node"]));
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

    private static async Task<string?> State(Service service, WorkerProcess worker) =>
        (string?)JsonNode.Parse(await service.Http.GetStringAsync($"/api/v1/nodes/{worker.Name}"))!["state"];

    /// <summary>Submits the jobs, and returns once chunks of each have ended and each still runs.</summary>
    /// <param name="service">Where.</param>
    /// <param name="atOnce">How many chunks of a job may run, so that none takes the slots of another one.</param>
    private static async Task<string[]> BeginJobs(Service service, int atOnce)
    {
        foreach (var (queue, _, _, _) in Jobs)
        {
            using var limited = await service.Http.PutAsJsonAsync(
                $"/api/v1/queues/{queue}", new JsonObject { ["maxRunning"] = atOnce });
            Assert.True(limited.IsSuccessStatusCode, await limited.Content.ReadAsStringAsync());
        }

        var jobs = await Task.WhenAll(
            Jobs.Select(job => Submit(service, Range(job.Queue, job.Process, job.Aggregate))));
        foreach (var (id, job) in jobs.Zip(Jobs))
        {
            await Until.Holds(
                $"{job.Queue}: chunks end", Patience, async () => (int)(await Job(service, id))["chunksDone"]! >= 2);
        }

        // One that has ended would prove nothing.
        foreach (var (id, job) in jobs.Zip(Jobs))
            Assert.Equal((job.Queue, "running"), (job.Queue, (string?)(await Job(service, id))["state"]));
        return jobs;
    }

    private static async Task JobsSucceed(Service service, string[] jobs)
    {
        foreach (var (id, job) in jobs.Zip(Jobs))
            await Succeeds(service, id, job.Expected);
    }

    private static string Range(string queue, string process, string aggregate) => $$$"""
        {"queue":"{{{queue}}}","source":{"range":{"from":0,"to":360}},"chunkSize":10,
         "process":{{{process}}},"aggregate":[{{{aggregate}}}]}
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

    // A worker's tasks go elsewhere long before their leases end.
    public sealed class Scene() : ServiceScene("--lease", "120s");
}
