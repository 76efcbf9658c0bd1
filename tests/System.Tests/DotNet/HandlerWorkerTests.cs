using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using OrleansTasks.ApiClient;
using OrleansTasks.Handlers;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.DotNet;

/// <summary>
/// A worker with handlers in a .NET program, against the service. Tests that share the service stop their worker in the
/// end: one that is only disposed has no time left to say goodbye, and would stay on the service's list for a lease.
/// </summary>
public sealed class HandlerWorkerTests(HandlerWorkerTests.Scene scene)
    : SceneTests(scene), IClassFixture<HandlerWorkerTests.Scene>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>A service of the test's own: one that it kills, or that listens elsewhere.</summary>
    private Task<Service> NewService(params string[] options) => Service.Start(Data, ["--slots", "0", "--lease", "2m", .. options]);

    [Fact]
    public async Task Task_GetsItsArgumentsAndGivesItsOutputAndResult()
    {
        await using var worker = await HandlerProgram.Start(Service, "greets", In("greets"), static handlers =>
        {
            handlers.Services.AddScoped<Greeting>();
            handlers.AddTaskHandler<Greeter>("greet");
        });
        using var client = new OrleansTasksClient(Service.Url);

        var task = await client.Tasks.RunAsync(
            new TaskSpec
            {
                Cmd = "greet 'a b' \"c d\" e\\ f", Stdin = "größe", Env = new Dictionary<string, string> { ["COLOUR"] = "blue" },
                SecretEnv = new Dictionary<string, string> { ["TOKEN"] = "s3cret" }, Requires = Handler("greet"), Result = true,
                Timeout = TimeSpan.FromMinutes(5),
            },
            cancellation: Cancellation);

        Assert.True(task.State == TaskState.Succeeded, $"{task}\n{worker.Text}");
        Assert.Equal(("greets", 0, 1), (task.Node, task.ExitCode, task.Attempt));
        Assert.Equal(
            "hello\nblue s3cret größe 00:05:00\n", await client.Tasks.OutputAsync(task.Id, cancellation: Cancellation));
        Assert.Equal(
            $"{task.Id} 1 default greets greet\n",
            await client.Tasks.OutputAsync(task.Id, OutputStream.Stderr, cancellation: Cancellation));
        var result = (await client.Tasks.ResultAsync(task.Id, Cancellation))!.Value;
        Assert.Equal(["a b", "c d", "e f"], result.EnumerateArray().Select(static word => word.GetString()));
        Assert.Equal("true", (string?)(await Node("greets"))["labels"]!["handler/greet"]);
        Assert.Empty(Directory.GetDirectories(Path.Combine(In("greets"), "work")));
        await worker.Stop();
    }

    [Fact]
    public async Task Task_WithFiles_FindsThemInItsFolder_AndLeavesArtifacts()
    {
        await using var worker = await HandlerProgram.Start(Service, "files", In("files"), static handlers => handlers
            .AddTaskHandler("twice", static async (context, cancellation) =>
            {
                var text = await File.ReadAllTextAsync(Path.Combine(context.Folder, "in/a.txt"), cancellation);
                await File.WriteAllTextAsync(Path.Combine(context.Folder, "twice.txt"), text + text, cancellation);
                return AttemptResult.Succeeded;
            })
            .AddTaskHandler("fail", static async (context, cancellation) =>
            {
                await File.WriteAllTextAsync(Path.Combine(context.Folder, "log"), "why", cancellation);
                return AttemptResult.Failed("no", 3);
            })
            .AddTaskHandler("nothing", static (_, _) => Task.FromResult(AttemptResult.Succeeded)));
        using var client = new OrleansTasksClient(Service.Url);
        var file = await client.Files.PutAsync(new MemoryStream("größe "u8.ToArray()), Cancellation);
        InputFile[] files = [new() { Path = "in/a.txt", File = file }];
        Task<TaskDetails> Run(TaskSpec spec) => client.Tasks.RunAsync(spec, cancellation: Cancellation);

        var task = await Run(TaskSpec.Handler("twice") with { Files = files, Artifacts = ["twice.txt"] });
        Assert.True(task.State == TaskState.Succeeded, $"{task}\n{worker.Text}");
        using var content = new StreamReader(
            await client.Tasks.OpenArtifactAsync(task.Id, "twice.txt", cancellation: Cancellation));
        Assert.Equal("größe größe ", await content.ReadToEndAsync(Cancellation));

        // The handler fails because its file is not there.
        var without = await Run(TaskSpec.Handler("twice") with { Artifacts = ["twice.txt"] });
        Assert.Equal((TaskState.Failed, EndReason.Exit, 1), (without.State, without.Reason, without.ExitCode));
        var failed = await Run(TaskSpec.Handler("fail") with { Artifacts = [new("log", On: "ended")] });
        Assert.Equal((TaskState.Failed, EndReason.Exit, 3), (failed.State, failed.Reason, failed.ExitCode));
        var kept = Assert.Single(await client.Tasks.ListArtifactsAsync(failed.Id).ToListAsync(Cancellation));
        Assert.Equal(("log", 3), (kept.Path, kept.Bytes));
        var nothing = await Run(TaskSpec.Handler("nothing") with { Files = files, Artifacts = ["twice.txt"] });
        Assert.Equal((TaskState.Failed, EndReason.ArtifactMissing), (nothing.State, nothing.Reason));
        Assert.Contains("No file matches", nothing.Output.Tail, StringComparison.Ordinal);
        Assert.Empty(Directory.GetDirectories(Path.Combine(In("files"), "work")));
        await worker.Stop();
    }

    [Fact]
    public async Task Attempt_EndsAsTheHandlerDoes()
    {
        await using var worker = await HandlerProgram.Start(Service, "ends", In("ends"), static handlers => handlers
            .AddTaskHandler("fail", static (context, _) =>
                Task.FromResult(AttemptResult.Failed("no such thing", int.Parse(context.Arguments[0], null))))
            .AddTaskHandler("throw", static (_, _) => throw new InvalidOperationException("It is broken."))
            .AddTaskHandler("bad-result", static (_, _) => Task.FromResult(AttemptResult.WithJson("{")))
            .AddTaskHandler<NeedsWhatIsNotThere>("unmade")
            .AddTaskHandler("hold", static async (_, cancellation) =>
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellation);
                return AttemptResult.Succeeded;
            }));
        using var client = new OrleansTasksClient(Service.Url);
        Task<TaskDetails> Run(TaskSpec spec) => client.Tasks.RunAsync(spec, cancellation: Cancellation);

        var failed = await Run(TaskSpec.Handler("fail", "7"));
        Assert.Equal((TaskState.Failed, EndReason.Exit, 7, "no such thing\n"), (failed.State, failed.Reason, failed.ExitCode, failed.Output.Tail));

        var thrown = await Run(TaskSpec.Handler("throw"));
        Assert.Equal((TaskState.Failed, EndReason.Exit, 1), (thrown.State, thrown.Reason, thrown.ExitCode));
        Assert.Contains("System.InvalidOperationException: It is broken.", thrown.Output.Tail, StringComparison.Ordinal);

        var bad = await Run(TaskSpec.Handler("bad-result") with { Result = true });
        Assert.Equal((TaskState.Failed, EndReason.BadResult), (bad.State, bad.Reason));
        Assert.Equal(TaskState.Succeeded, (await Run(TaskSpec.Handler("bad-result"))).State);

        var unmade = await Run(TaskSpec.Handler("unmade"));
        Assert.Equal((TaskState.Failed, EndReason.SpawnFailed), (unmade.State, unmade.Reason));
        Assert.Contains("Unable to resolve service", unmade.Output.Tail, StringComparison.Ordinal);

        var unknown = await Run(TaskSpec.Program("resize", "x.png") with { Requires = Handler("fail") });
        Assert.Equal((TaskState.Failed, EndReason.SpawnFailed), (unknown.State, unknown.Reason));
        Assert.Contains(
            "This worker has no handler 'resize'. It has: bad-result, fail, hold, throw, unmade.", unknown.Output.Tail, StringComparison.Ordinal);

        var shell = await Run(TaskSpec.Shell("fail 1 | cat") with { Requires = Handler("fail") });
        Assert.Equal((TaskState.Failed, EndReason.SpawnFailed), (shell.State, shell.Reason));
        Assert.Contains("The command has '|', but this worker has no shell", shell.Output.Tail, StringComparison.Ordinal);

        var late = await Run(TaskSpec.Handler("hold") with { Timeout = TimeSpan.FromMilliseconds(200) });
        Assert.Equal((TaskState.Failed, EndReason.Timeout), (late.State, late.Reason));
        await worker.Stop();
    }

    [Fact]
    public async Task Task_IsCancelled()
    {
        await using var worker = await HandlerProgram.Start(Service, "holds", In("holds"), static handlers => handlers
            .AddTaskHandler("hold", static async (context, cancellation) =>
            {
                await context.Output.WriteLineAsync("begun");
                try
                {
                    await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellation);
                }
                finally
                {
                    await context.Output.WriteLineAsync("cleaned up");
                }

                return AttemptResult.Succeeded;
            }));
        using var client = new OrleansTasksClient(Service.Url);
        var task = await client.Tasks.SubmitAsync(TaskSpec.Handler("hold"), cancellation: Cancellation);
        await client.Tasks.LogsAsync(task.Id, follow: true, Cancellation).FirstAsync(Cancellation);

        await client.Tasks.CancelAsync(task.Id, Cancellation);

        task = await client.Tasks.WaitAsync(task.Id, Cancellation);
        Assert.Equal((TaskState.Cancelled, EndReason.Cancelled, 1), (task.State, task.Reason, task.Attempt));
        Assert.Equal("begun\ncleaned up\n", await client.Tasks.OutputAsync(task.Id, cancellation: Cancellation));
        await worker.Stop();
    }

    [Fact]
    public async Task Output_OfManyBytes_IsKeptToTheByte()
    {
        await using var worker = await HandlerProgram.Start(Service, "writes", In("writes"), static handlers => handlers
            .AddTaskHandler("write", static async (context, cancellation) =>
            {
                var errors = Task.Run(() => Write(context.StandardError, 1, 3_000_000, 1_000), cancellation);
                await Write(context.StandardOutput, 0, 20_000_000, 300_000);
                await errors;
                return AttemptResult.Succeeded;

                async Task Write(Stream stream, int seed, int length, int piece)
                {
                    var bytes = Bytes(seed, length);
                    for (var at = 0; at < length; at += piece)
                    {
                        if (at % 7 == 0)
                            await stream.WriteAsync(bytes.AsMemory(at, Math.Min(piece, length - at)), cancellation);
                        else
                            stream.Write(bytes, at, Math.Min(piece, length - at));
                    }
                }
            }));
        using var client = new OrleansTasksClient(Service.Url);

        var all = await client.Tasks.RunAsync(TaskSpec.Handler("write") with { MaxOutputBytes = 30_000_000 }, cancellation: Cancellation);
        Assert.True(all.State == TaskState.Succeeded, $"{all}\n{worker.Text}");
        Assert.Equal((20_000_000, 3_000_000, false), (all.Output.StdoutBytes, all.Output.StderrBytes, all.Output.Truncated));
        await AssertOutput(all.Id, OutputStream.Stdout, Bytes(0, 20_000_000));
        await AssertOutput(all.Id, OutputStream.Stderr, Bytes(1, 3_000_000));

        var cut = await client.Tasks.RunAsync(TaskSpec.Handler("write") with { MaxOutputBytes = 100_001 }, cancellation: Cancellation);
        Assert.Equal((100_001, 100_001, true), (cut.Output.StdoutBytes, cut.Output.StderrBytes, cut.Output.Truncated));
        await AssertOutput(cut.Id, OutputStream.Stdout, Bytes(0, 100_001));
        await worker.Stop();

        async Task AssertOutput(string id, OutputStream which, byte[] expected)
        {
            await using var stream = await client.Tasks.OpenOutputAsync(id, which, cancellation: Cancellation);
            using var stored = new MemoryStream();
            await stream.CopyToAsync(stored, Cancellation);
            Assert.True(expected.AsSpan().SequenceEqual(stored.ToArray()), $"{which} differs");
        }
    }

    [Fact]
    public async Task Stop_LetsHandlersEndThenPutsTheRestBack()
    {
        var (begun, goOn) = (new SemaphoreSlim(0), new SemaphoreSlim(0));
        void Add(HandlerWorkerBuilder handlers) => handlers
            .AddTaskHandler("short", async (_, _) =>
            {
                begun.Release();
                await goOn.WaitAsync(Cancellation);
                return AttemptResult.Succeeded;
            })
            .AddTaskHandler("long", async (context, cancellation) =>
            {
                begun.Release();
                if (context.Node == "first")
                    await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellation);
                return AttemptResult.Succeeded;
            });
        await using var first = await HandlerProgram.Start(
            Service, "first", In("first"), Add, static options => options.DrainTime = TimeSpan.FromSeconds(2));
        using var client = new OrleansTasksClient(Service.Url);
        var (shorter, longer) = (await Submit("short"), await Submit("long"));
        await begun.WaitAsync(Cancellation);
        await begun.WaitAsync(Cancellation);
        var waiting = await Submit("long");

        var stopped = first.Stop();
        await Until.Holds(
            "the worker leaves", Patience, async () => (string?)(await Node("first"))["state"] is "draining" or "gone");
        goOn.Release();
        await stopped;

        var ended = await client.Tasks.WaitAsync(shorter, Cancellation);
        Assert.Equal((TaskState.Succeeded, 1, "first"), (ended.State, ended.Attempt, ended.Node));
        Assert.Equal("gone", (string?)(await Node("first"))["state"]);
        Assert.Equal(TaskState.Queued, (await client.Tasks.GetAsync(longer, Cancellation)).State);
        await using var second = await HandlerProgram.Start(Service, "second", In("second"), Add);
        foreach (var (id, attempt) in new[] { (longer, 2), (waiting, 1) })
        {
            ended = await client.Tasks.WaitAsync(id, Cancellation);
            Assert.True((ended.State, ended.Attempt, ended.Node) == (TaskState.Succeeded, attempt, "second"), $"{ended}\n{first.Text}");
        }

        await second.Stop();

        async Task<string> Submit(string handler) =>
            // A single failed attempt would fail it.
            (await client.Tasks.SubmitAsync(TaskSpec.Handler(handler), cancellation: Cancellation)).Id;
    }

    [Fact]
    public async Task Service_IsRestarted_HandlerGoesOn()
    {
        var (begun, goOn) = (new SemaphoreSlim(0), new SemaphoreSlim(0));
        await using var service = await NewService("--http", RestartAddress.Next(), "--grpc", RestartAddress.Next());
        await using var worker = await HandlerProgram.Start(service, "w", In("w"), handlers => handlers.AddTaskHandler(
            "hold", async (context, cancellation) =>
            {
                await context.Output.WriteLineAsync("before");
                begun.Release();
                await goOn.WaitAsync(cancellation);
                await context.Output.WriteLineAsync("after");
                return AttemptResult.Succeeded;
            }));
        using var client = new OrleansTasksClient(service.Url);
        var id = (await client.Tasks.SubmitAsync(TaskSpec.Handler("hold"), cancellation: Cancellation)).Id;
        await begun.WaitAsync(Cancellation);

        await service.KillAll();
        goOn.Release();
        await using var restarted = await NewService("--http", service.Url.Authority, "--grpc", service.Grpc);

        var task = await client.Tasks.WaitAsync(id, Cancellation);
        Assert.True((task.State, task.Attempt) == (TaskState.Succeeded, 1), $"{task}\n{worker.Text}");
        Assert.Equal("before\nafter\n", await client.Tasks.OutputAsync(id, cancellation: Cancellation));
    }

    [Fact]
    public async Task Worker_GetsNoTaskThatRequiresNoHandler_AndNoChunksOfJobs()
    {
        await using var worker = await HandlerProgram.Start(Service, "only", In("only"), static handlers => handlers
            .AddTaskHandler("ok", static (_, _) => Task.FromResult(AttemptResult.Succeeded)));
        using var client = new OrleansTasksClient(Service.Url);
        Assert.Equal("only", (await client.Tasks.RunAsync(TaskSpec.Handler("ok"), cancellation: Cancellation)).Node);

        var id = await Service.Submit("ok");

        var why = JsonNode.Parse(
            await Service.Http.GetStringAsync($"/api/v1/tasks/{id}/why?nodes=true", Cancellation))!;
        Assert.Equal("no-matching-node", (string?)why["reasons"]![0]!["code"]);
        Assert.Contains("they only run handlers", (string?)why["reasons"]![0]!["detail"], StringComparison.Ordinal);
        Assert.Contains("handlers-only", why["nodes"]!.ToJsonString(), StringComparison.Ordinal);

        var job = await client.Jobs.SubmitAsync(
            new JobSpec { Source = JobSource.OfRange(0, 10), Process = JobProcess.OfBuiltin("square") },
            cancellation: Cancellation);
        // The chunks wait by now, and its slots are free: had it been given one, that would be before this task.
        var after = await client.Tasks.RunAsync(TaskSpec.Handler("ok"), cancellation: Cancellation);
        Assert.Equal(TaskState.Succeeded, after.State);

        await using var able = await WorkerProcess.Start(Service, "able", In("able"));
        await Service.Ended(id);
        Assert.Equal("able", (await client.Tasks.GetAsync(id, Cancellation)).Node);
        Assert.Equal(TaskState.Succeeded, (await client.Jobs.WaitAsync(job.Id, Cancellation)).State);
        var shown = JsonNode.Parse(await Service.Http.GetStringAsync($"/api/v1/jobs/{job.Id}", Cancellation))!;
        Assert.Equal(["able"], shown["perNode"]!.AsArray().Select(static node => (string?)node!["node"]));
        await worker.Stop();
    }

    [Fact]
    public async Task Worker_JoinsByTokenOnce()
    {
        var (own, foreign) = (await JoinToken("--data", Data), await JoinToken("--data", In("elsewhere")));
        await using var service = await NewService("--grpc", "0.0.0.0:0");
        using var client = new OrleansTasksClient(service.Url);
        var master = $"127.0.0.1:{service.Grpc.Split(':')[^1]}";
        static void Add(HandlerWorkerBuilder handlers) =>
            handlers.AddTaskHandler("ok", static (_, _) => Task.FromResult(AttemptResult.Succeeded));

        // The second time it needs no token: it has its certificate.
        foreach (var token in (string?[])[own, null])
        {
            await using var worker = await HandlerProgram.Start(master, "joined", In("joined"), Add, options => options.JoinToken = token);
            Assert.Equal("joined", (await client.Tasks.RunAsync(TaskSpec.Handler("ok"), cancellation: Cancellation)).Node);
            await worker.Stop();
        }

        await using var stranger = Unstarted(master, In("stranger"), Add, foreign);
        var refused = (BackgroundService)stranger.GetRequiredService<IHostedService>();
        await refused.StartAsync(Cancellation);
        var refusal = await Assert.ThrowsAsync<InvalidOperationException>(
            () => refused.ExecuteTask!.WaitAsync(Patience, TimeProvider.System, Cancellation));
        Assert.Contains("does not belong to the service that issued the join token", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Options_ThatAreWrong_AreNamed()
    {
        using var services = Unstarted("nowhere", In("w"), static _ => { }, "token");
        var refusal = Assert.Throws<OptionsValidationException>(() => services.GetRequiredService<IOptions<HandlerWorkerOptions>>().Value);
        Assert.Equal(
            ["Masters: 'nowhere' is not HOST:PORT.", "JoinToken: the text is not a join token such as otj_SECRET.HASH."], refusal.Failures);
        var builder = new ServiceCollection().AddOrleansTasksWorker();
        Assert.Throws<ArgumentException>(
            () => builder.AddTaskHandler("Bad Name", static (_, _) => Task.FromResult(AttemptResult.Succeeded)));
    }

    private static ServiceProvider Unstarted(string master, string data, Action<HandlerWorkerBuilder> add, string token)
    {
        var services = new ServiceCollection();
        services.AddLogging();
        add(services.AddOrleansTasksWorker(options =>
        {
            options.Masters.Add(master);
            (options.Name, options.DataFolder, options.JoinToken) = ("stranger", data, token);
        }));
        return services.BuildServiceProvider();
    }

    private static Dictionary<string, string> Handler(string name) => new() { [$"handler/{name}"] = "true" };

    private static byte[] Bytes(int seed, int length)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    private async Task<JsonNode> Node(string name) =>
        JsonNode.Parse(await Service.Http.GetStringAsync($"/api/v1/nodes/{name}", Cancellation))!;

    private sealed class Greeting
    {
        public string Word { get; } = "hello";
    }

    private sealed class NeedsWhatIsNotThere(Greeting greeting) : ITaskHandler
    {
        public Task<AttemptResult> RunAsync(TaskContext context, CancellationToken cancellation) =>
            Task.FromResult(AttemptResult.Failed(greeting.Word));
    }

    private sealed class Greeter(Greeting greeting) : ITaskHandler
    {
        public async Task<AttemptResult> RunAsync(TaskContext context, CancellationToken cancellation)
        {
            await File.WriteAllTextAsync(Path.Combine(context.Folder, "file"), greeting.Word, Encoding.UTF8, cancellation);
            await context.Output.WriteLineAsync(await File.ReadAllTextAsync(Path.Combine(context.Folder, "file"), cancellation));
            await context.Output.WriteLineAsync(
                $"{context.Environment["COLOUR"]} {context.Environment["TOKEN"]} {context.InputText} {context.Timeout}");
            await context.Error.WriteLineAsync(
                $"{context.TaskId} {context.Attempt} {context.Queue} {context.Node} {context.Handler}");
            Assert.True(context.TakesResult);
            return AttemptResult.WithJson(JsonSerializer.Serialize(context.Arguments));
        }
    }

    /// <summary>A lease that no test waits for.</summary>
    public sealed class Scene() : ServiceScene("--lease", "2m");
}
