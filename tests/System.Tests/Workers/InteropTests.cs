using System.Runtime.Versioning;
using System.Text.Json.Nodes;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.Workers;

/// <summary>
/// The sample worker, on a gRPC library that nobody here wrote, against the service. <see cref="PythonClientTests"/> runs
/// another one.
/// </summary>
[SupportedOSPlatform("linux")]
[Trait("Needs", "go")]
public sealed class InteropTests : DataFolders
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    // On a new machine Go compiles its gRPC library first: twelve seconds of a processor's time, which a busy one takes long to have.
    private static readonly TimeSpan BuildLimit = TimeSpan.FromMinutes(4);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static string Samples => Path.Combine(BuiltPrograms.Repository, "samples");

    [Fact]
    public async Task GoWorker_RunsTasksAndJoinsByToken()
    {
        Assert.SkipUnless(Directory.Exists("/usr/share/gocode/src/google.golang.org/grpc") && Has("go") && Has("protoc"),
            "Go, its gRPC library or protoc is not installed; .ci/run installs them.");
        var built = await Finished.Run(Path.Combine(Samples, "worker-go", "build.sh"), [In("worker")], [], BuildLimit);
        Assert.True(built.ExitCode == 0, $"{built.Output}{built.Errors}");
        await RunsTasks(In("worker"), []);
        await JoinsByToken(In("worker"), []);
    }

    private static bool Has(string program) => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')
        .Any(folder => File.Exists(Path.Combine(folder, program)));

    private async Task RunsTasks(string program, string[] arguments)
    {
        await using var service = await Service.Start(
            Data, "--slots", "0", "--lease", "2m", "--http", RestartAddress.Next(), "--grpc", RestartAddress.Next());
        await using var worker = WorkerProcess.Launch(
            program, [.. arguments, "--master", service.Grpc, "--name", "sample", "--slots", "2"], "sample", "");
        await worker.Started();

        await Succeeds(service, worker);
        await Fails(service);
        await StreamsWhileItRuns(service);
        await IsCancelled(service);
        await GetsNoChunks(service, worker);
        await TakesWhatNeedsSeveralMessages(service);
        await OutlivesARestart(service, worker);
    }

    private static async Task Succeeds(Service service, WorkerProcess worker)
    {
        using var response = await service.Post("/api/v1/tasks", new JsonObject
        {
            ["cmd"] = "cat; echo $NODE_ID $TASK_ATTEMPT $COLOUR >&2", ["stdin"] = "größe\n",
            ["env"] = new JsonObject { ["COLOUR"] = "blue" },
        });
        var id = (string)JsonNode.Parse(await response.Content.ReadAsStringAsync(Cancellation))!["id"]!;
        var task = await service.Ended(id);
        Assert.True((string?)task["state"] == "succeeded", $"{task}\n{worker.Log}\n{service.Log}");
        Assert.Equal(("sample", 0, 1), ((string?)task["node"], (int)task["exitCode"]!, (int)task["attempt"]!));
        Assert.Equal("größe\n", await service.Http.GetStringAsync($"/api/v1/tasks/{id}/output/stdout", Cancellation));
        Assert.Equal("sample 1 blue\n", await service.Http.GetStringAsync($"/api/v1/tasks/{id}/output/stderr", Cancellation));
    }

    private static async Task Fails(Service service)
    {
        var task = await service.Ended(await service.Submit("exit 7"));
        Assert.Equal(("failed", "exit", 7), ((string?)task["state"], (string?)task["reason"], (int)task["exitCode"]!));
        using var response = await service.Post("/api/v1/tasks", new JsonObject { ["argv"] = new JsonArray("/no/such/program") });
        var none = await service.Ended((string)JsonNode.Parse(await response.Content.ReadAsStringAsync(Cancellation))!["id"]!);
        Assert.Equal(("failed", "spawn-failed"), ((string?)none["state"], (string?)none["reason"]));
    }

    private async Task StreamsWhileItRuns(Service service)
    {
        var id = await service.Submit($"seq 1 50000; while [ ! -e {In("go-on")} ]; do sleep 0.1; done; echo end");
        var all = string.Concat(Enumerable.Range(1, 50_000).Select(static n => $"{n}\n"));
        await Until.Holds("its output is there while it runs", Patience, async () =>
            await service.Http.GetStringAsync($"/api/v1/tasks/{id}/output/stdout", Cancellation) == all);
        // Output and starts are told in calls of their own, either of which may be the first.
        await Until.Holds("it is told to run", Patience, async () => (string?)(await service.Get(id))["state"] == "running");
        await File.WriteAllTextAsync(In("go-on"), "", Cancellation);
        Assert.Equal("succeeded", (string?)(await service.Ended(id))["state"]);
        Assert.Equal(all + "end\n", await service.Http.GetStringAsync($"/api/v1/tasks/{id}/output/stdout", Cancellation));
    }

    private static async Task IsCancelled(Service service)
    {
        var id = await service.Submit("sleep 1000");
        await Until.Holds("it runs", Patience, async () => (string?)(await service.Get(id))["state"] == "running");
        using var cancelled = await service.Http.PostAsync($"/api/v1/tasks/{id}/cancel", null, Cancellation);
        Assert.Equal(202, (int)cancelled.StatusCode);
        Assert.Equal("cancelled", (string?)(await service.Ended(id))["state"]);
    }

    private async Task GetsNoChunks(Service service, WorkerProcess worker)
    {
        using var created = await service.Post("/api/v1/jobs", new JsonObject
        {
            ["name"] = "squares",
            ["source"] = new JsonObject { ["range"] = new JsonObject { ["from"] = 0, ["to"] = 100 } },
            ["process"] = new JsonObject { ["builtin"] = "square" },
            ["aggregate"] = new JsonArray(new JsonObject { ["op"] = "sum" }),
        });
        Assert.True((int)created.StatusCode == 202, await created.Content.ReadAsStringAsync(Cancellation));
        var id = (string)JsonNode.Parse(await created.Content.ReadAsStringAsync(Cancellation))!["id"]!;
        // The chunks wait by now, and its slots are free: had it been given one, that would be before this task.
        Assert.Equal("succeeded", (string?)(await service.Ended(await service.Submit("true")))["state"]);
        await using (var able = await WorkerProcess.Start(service, "able", In("able")))
        {
            await Until.Holds("the job has ended", Patience, async () => (string?)JsonNode.Parse(
                await service.Http.GetStringAsync($"/api/v1/jobs/{id}", Cancellation))!["state"] == "succeeded");
            able.Send(Signals.Terminate);
            await able.End();
        }

        Assert.DoesNotContain("squares", worker.Log, StringComparison.Ordinal);
        Assert.Equal("sample", (string?)(await service.Ended(await service.Submit("true")))["node"]);
    }

    private async Task JoinsByToken(string program, string[] arguments)
    {
        var data = In("secured");
        var (own, foreign) = (await JoinToken("--data", data), await JoinToken("--data", In("elsewhere")));
        await using var service = await Service.Start(data, "--slots", "0", "--lease", "2m", "--grpc", "0.0.0.0:0");
        var master = $"127.0.0.1:{service.Grpc.Split(':')[^1]}";
        WorkerProcess Launch(string token, string name) => WorkerProcess.Launch(
            "/usr/bin/env",
            [$"OTASK_JOIN_TOKEN={token}", program, .. arguments, "--master", master, "--name", name, "--identity", In($"{name}.pem")],
            name, "");

        await using (var stranger = Launch(foreign, "stranger"))
        {
            Assert.NotEqual(0, await stranger.End());
            Assert.Contains("is not of the service that the join token is for", stranger.Log, StringComparison.Ordinal);
        }

        // The second time it needs no token: it has its certificate.
        foreach (var token in (string[])[own, ""])
        {
            await using var worker = Launch(token, "joined");
            await worker.Started();
            Assert.Equal("joined", (string?)(await service.Ended(await service.Submit("true")))["node"]);
            worker.Send(Signals.Terminate);
            await worker.End();
        }

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(In("joined.pem")));
    }

    private static async Task TakesWhatNeedsSeveralMessages(Service service)
    {
        var input = new string('x', 250_000);
        var tasks = new JsonArray([.. Enumerable.Range(0, 40).Select(_ =>
            (JsonNode)new JsonObject { ["cmd"] = "wc -c", ["stdin"] = input })]);
        using var response = await service.Post("/api/v1/tasks/batch", new JsonObject { ["tasks"] = tasks });
        Assert.Equal(202, (int)response.StatusCode);
        var ids = JsonNode.Parse(await response.Content.ReadAsStringAsync(Cancellation))!["ids"]!.AsArray();
        foreach (var id in ids)
        {
            var task = await service.Ended((string)id!);
            Assert.Equal("succeeded", (string?)task["state"]);
            Assert.Equal("250000\n", await service.Http.GetStringAsync($"/api/v1/tasks/{id}/output/stdout", Cancellation));
        }
    }

    private async Task OutlivesARestart(Service service, WorkerProcess worker)
    {
        var id = await service.Submit($"echo > {In("long")}; while [ ! -e {In("end")} ]; do sleep 0.1; done; echo $TASK_ATTEMPT");
        await Until.Holds("it runs", Patience, () => Task.FromResult(File.Exists(In("long"))));
        await service.KillAll();
        await using var restarted = await Service.Start(
            Data, "--slots", "0", "--lease", "2m", "--http", service.Url.Authority, "--grpc", service.Grpc);
        await Until.Holds("the worker is back", Patience, async () => (string?)JsonNode.Parse(
            await restarted.Http.GetStringAsync("/api/v1/nodes/sample", Cancellation))!["state"] is "ready" or "busy");
        await File.WriteAllTextAsync(In("end"), "", Cancellation);
        var task = await restarted.Ended(id);
        Assert.True(((string?)task["state"], (int)task["attempt"]!) == ("succeeded", 1), $"{task}\n{worker.Log}");
        worker.Send(Signals.Terminate);
        await worker.End();
    }
}
