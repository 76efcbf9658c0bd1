using System.IO.Compression;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using OrleansTasks.ApiClient;
using OrleansTasks.ApiClient.Json;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.DotNet;

/// <summary>The .NET client against the service.</summary>
public sealed class ApiClientTests(SharedServices services)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static string NewQueue() => $"dotnet-{Guid.NewGuid():N}";

    private async Task<OrleansTasksClient> Running() => new((await services.Running).Url);

    private async Task<OrleansTasksClient> Idle() => new((await services.Idle).Url);

    [Fact]
    public async Task Run_Command_GivesItsEndAndItsOutput()
    {
        using var client = await Running();
        var task = await client.Tasks.RunAsync(
            new TaskSpec
            {
                Cmd = "printf 'größe\\n'; cat >&2; echo '{\"lines\":3}' > $TASK_RESULT; exit 0", Stdin = "über\n", Result = true,
            },
            cancellation: Cancellation);

        Assert.Equal((TaskState.Succeeded, EndReason.Exit, 0), (task.State, task.Reason, task.ExitCode));
        Assert.Equal("größe\n", await client.Tasks.OutputAsync(task.Id, cancellation: Cancellation));
        Assert.Equal("über\n", await client.Tasks.OutputAsync(task.Id, OutputStream.Stderr, cancellation: Cancellation));
        Assert.Equal(3, (await client.Tasks.ResultAsync(task.Id, Cancellation))!.Value.GetProperty("lines").GetInt32());
        var attempt = Assert.Single(await client.Tasks.AttemptsAsync(task.Id, Cancellation));
        Assert.Equal((1, task.Node, 0), (attempt.Attempt, attempt.Node, attempt.ExitCode));
        await using var rest = await client.Tasks.OpenOutputAsync(task.Id, offset: 1_000, cancellation: Cancellation);
        Assert.Equal(-1, rest.ReadByte());
    }

    [Fact]
    public async Task Run_WithFiles_FindsThem_AndLeavesOthers()
    {
        using var client = await Running();
        using var content = new MemoryStream(Encoding.UTF8.GetBytes("skipped b\na\n")) { Position = 8 };
        var name = await client.Files.PutAsync(content, Cancellation);
        var unknown = "sha256:" + new string('0', 64);
        Assert.Equal([unknown], await client.Files.MissingAsync([name, unknown], Cancellation));
        content.Position = 8;
        Assert.Equal(name, await client.Files.PutAsync(content, Cancellation));
        var task = await client.Tasks.RunAsync(
            new TaskSpec
            {
                Cmd = "mkdir 'out put'; sort in/x > 'out put/ü?.txt'",
                Files = [new InputFile { Path = "in/x", File = name }],
                Artifacts = ["out put/**", new ArtifactPattern("*.log", Optional: true, On: "ended")],
            },
            cancellation: Cancellation);

        Assert.Equal((TaskState.Succeeded, 1, 4), (task.State, task.ArtifactCount, task.ArtifactBytes));
        Assert.Equal(["out put/**", new ArtifactPattern("*.log", Optional: true, On: "ended")], task.Spec.Artifacts);
        Assert.Equal([name], task.Spec.Files!.Select(static file => file.File));
        var left = Assert.Single(await client.Tasks.ListArtifactsAsync(task.Id, cancellation: Cancellation).ToListAsync(Cancellation));
        Assert.Equal(("out put/ü?.txt", 4, false), (left.Path, left.Bytes, left.Executable));
        using var sorted = new StreamReader(await client.Tasks.OpenArtifactAsync(task.Id, left.Path, cancellation: Cancellation));
        Assert.Equal("a\nb\n", await sorted.ReadToEndAsync(Cancellation));
        using var end = new StreamReader(await client.Files.OpenAsync(left.File, offset: 2, Cancellation));
        Assert.Equal("b\n", await end.ReadToEndAsync(Cancellation));
        Assert.Contains(left.File, await client.Files.ListAsync(largestFirst: true, cancellation: Cancellation).Select(static file => file.File).ToListAsync(Cancellation));
        await Assert.ThrowsAsync<ArgumentException>(() => client.Files.PutAsync(new BrotliStream(content, CompressionLevel.Fastest), Cancellation));
    }

    [Fact]
    public async Task Run_FailingCommand_GivesItsReason()
    {
        using var client = await Running();
        var task = await client.Tasks.RunAsync(TaskSpec.Program("/no/such/program", "x"), cancellation: Cancellation);
        Assert.Equal((TaskState.Failed, EndReason.SpawnFailed, null), (task.State, task.Reason, task.ExitCode));
        Assert.Null(await client.Tasks.ResultAsync(task.Id, Cancellation));
    }

    [Fact]
    public async Task Submit_EveryField_ComesBack()
    {
        using var client = await Idle();
        var queue = NewQueue();
        var first = await client.Tasks.SubmitAsync(new TaskSpec { Cmd = "true", Queue = queue }, cancellation: Cancellation);
        var spec = new TaskSpec
        {
            Argv = ["/bin/echo", "a b", ""],
            Name = "everything",
            Queue = queue,
            Priority = 7,
            Env = new Dictionary<string, string> { ["LEVEL"] = "debug" },
            Cwd = "/tmp",
            Stdin = "text",
            Timeout = TimeSpan.FromMinutes(90),
            KillGrace = TimeSpan.FromMilliseconds(250),
            Retry = new RetryPolicy
            {
                MaxAttempts = 4,
                Backoff = TimeSpan.FromSeconds(2),
                MaxBackoff = TimeSpan.FromMinutes(1),
                FatalExitCodes = [2, new ExitCodeRange(64, 78)],
                On = new RetryCauses
                {
                    Exit = new ExitBudget(5, [80, new ExitCodeRange(90, 99)]),
                    Timeout = new RetryBudget(2),
                    OutOfMemory = new MemoryBudget(3, 2, 1 << 30),
                    NodeLost = new RetryBudget(9),
                },
            },
            Labels = new Dictionary<string, string> { ["team"] = "blue" },
            Requires = new Dictionary<string, string> { ["gpu"] = "yes" },
            Limits = new TaskLimits { MemoryBytes = 1 << 28, CpuTime = TimeSpan.FromSeconds(30), Processes = 20, OpenFiles = 64 },
            Resources = new TaskResources
            {
                Cpu = 2, Pin = true, Memory = 1 << 28, Gpu = 1, Others = new Dictionary<string, long> { ["license"] = 3 },
            },
            MaxOutputBytes = 1_000,
            Result = true,
            Concurrency = new TaskConcurrency("db", 2),
            After = [new TaskCondition(first.Id, EndCondition.Ended)],
            RunAt = new DateTimeOffset(2199, 1, 2, 3, 4, 5, TimeSpan.Zero),
            ExpiresAt = new DateTimeOffset(2199, 1, 3, 3, 4, 5, TimeSpan.Zero),
        };

        var id = (await client.Tasks.SubmitAsync(
            spec with { SecretEnv = new Dictionary<string, string> { ["TOKEN"] = "s3cret" } }, cancellation: Cancellation)).Id;
        var task = await client.Tasks.GetAsync(id, Cancellation);

        Assert.Equal((TaskState.Scheduled, 7, queue), (task.State, task.Priority, task.Queue));
        var stored = JsonSerializer.SerializeToNode(task.Spec, ApiJson.Default.TaskSpec)!.AsObject();
        foreach (var (name, sent) in JsonSerializer.SerializeToNode(spec, ApiJson.Default.TaskSpec)!.AsObject())
            Assert.Equal((name, sent!.ToJsonString()), (name, Matching(stored[name], sent).ToJsonString()));
        Assert.NotEmpty((await client.Tasks.WhyAsync(id, Cancellation)).Reasons);
    }

    [Theory]
    [InlineData("""{"cpu":0.5,"memory":"8GiB"}""", 0.5, null, 8L << 30)]
    [InlineData("""{"memory":"12","pin":false}""", null, false, 12L)]
    [InlineData("""{"memory":3,"cpu":2,"pin":true,"license":4}""", 2.0, true, 3L)]
    public void Resources_AsOthersWriteThem_AreRead(string json, double? cpu, bool? pin, long memory)
    {
        var read = JsonSerializer.Deserialize($$"""{"cmd":"true","resources":{{json}},"name":"n"}""", ApiJson.Default.TaskSpec)!;

        Assert.Equal((cpu, pin, memory, "n"), (read.Resources!.Cpu, read.Resources.Pin, read.Resources.Memory, read.Name));
        Assert.Equal(json.Contains("license", StringComparison.Ordinal) ? 4 : null, read.Resources.Others?["license"]);
    }

    [Fact]
    public async Task List_OverSeveralPages_HasEachTaskOnceNewestFirst()
    {
        using var client = await Idle();
        var queue = NewQueue();
        var batch = await client.Tasks.SubmitBatchAsync(
            [.. Enumerable.Range(0, 10).Select(n => new TaskSpec { Cmd = "true", Queue = queue, Name = $"n{n}" })],
            cancellation: Cancellation);

        var listed = await client.Tasks.ListAsync(new TaskFilter { Queue = queue, State = TaskState.Queued }, pageSize: 3, Cancellation)
            .ToListAsync(Cancellation);

        Assert.Equal(batch.Ids.Reverse(), listed.Select(static task => task.Id));
        Assert.All(listed, task => Assert.Equal((batch.Batch, "true"), (task.Batch, task.Command)));
        Assert.Equal(10, (await client.Tasks.GetBatchAsync(batch.Batch, Cancellation)).ByState["queued"]);
    }

    [Fact]
    public async Task Cancel_ThenRetry_QueuesAgain()
    {
        using var client = await Idle();
        var task = await client.Tasks.SubmitAsync(new TaskSpec { Cmd = "true", Queue = NewQueue() }, cancellation: Cancellation);
        Assert.Equal(TaskState.Cancelled, (await client.Tasks.CancelAsync(task.Id, Cancellation)).State);
        var refusal = await Assert.ThrowsAsync<OrleansTasksException>(() => client.Tasks.CancelAsync(task.Id, Cancellation));
        Assert.Equal((HttpStatusCode.Conflict, "task-finished"), (refusal.Status, refusal.Code));
        Assert.Equal(TaskState.Queued, (await client.Tasks.RetryAsync(task.Id, Cancellation)).State);
    }

    [Fact]
    public async Task Submit_SameKeyTwice_IsOneTask()
    {
        using var client = await Idle();
        var (spec, key) = (new TaskSpec { Cmd = "true", Queue = NewQueue() }, Guid.NewGuid().ToString());
        var first = await client.Tasks.SubmitAsync(spec, key, Cancellation);
        Assert.Equal(first.Id, (await client.Tasks.SubmitAsync(spec, key, Cancellation)).Id);
    }

    [Fact]
    public async Task Submit_BadField_NamesIt()
    {
        using var client = await Idle();
        var refusal = await Assert.ThrowsAsync<OrleansTasksException>(
            () => client.Tasks.SubmitAsync(new TaskSpec { Cmd = "true", Priority = 11 }, cancellation: Cancellation));
        Assert.Equal((HttpStatusCode.UnprocessableEntity, "invalid-task"), (refusal.Status, refusal.Code));
        Assert.Contains("priority", refusal.Errors.Keys);
    }

    [Fact]
    public async Task Logs_Followed_EndWithTheTask()
    {
        using var client = await Running();
        var task = await client.Tasks.SubmitAsync(
            TaskSpec.Shell("for n in $(seq 1 5); do echo $n; sleep 0.05; done; echo end >&2"), cancellation: Cancellation);
        var pieces = await client.Tasks.LogsAsync(task.Id, follow: true, Cancellation).ToListAsync(Cancellation);
        Assert.Equal("1\n2\n3\n4\n5\n", Text(OutputStream.Stdout));
        Assert.Equal("end\n", Text(OutputStream.Stderr));
        Assert.True((await client.Tasks.GetAsync(task.Id, Cancellation)).HasEnded);

        string Text(OutputStream stream) => string.Concat(pieces.Where(piece => piece.Stream == stream).Select(static piece => piece.Text));
    }

    [Fact]
    public async Task Job_OfUploads_CountsEachItemOnce()
    {
        using var client = await Running();
        var job = await client.Jobs.SubmitAsync(
            new JobSpec
            {
                Source = JobSource.OfUploads(),
                Process = JobProcess.OfBuiltin("square"),
                Aggregate = [new JobAggregate("sum") { As = "total" }, new JobAggregate("collect") { As = "all" }],
                Order = JobOrder.Source,
            },
            cancellation: Cancellation);
        Assert.Equal(100, await client.Jobs.UploadAsync(
            job.Id, AsyncEnumerable.Range(1, 100).Select(static n => JsonSerializer.SerializeToElement(n)), ApiJson.Default.JsonElement,
            Cancellation));
        using var more = new MemoryStream("101\n102\n"u8.ToArray());
        Assert.Equal(2, await client.Jobs.UploadLinesAsync(job.Id, more, Cancellation));
        await client.Jobs.CloseAsync(job.Id, Cancellation);

        job = await client.Jobs.WaitAsync(job.Id, Cancellation);

        Assert.Equal((TaskState.Succeeded, 102, true), (job.State, job.ItemsDone, job.Complete));
        Assert.Equal(Enumerable.Range(1, 102).Sum(static n => n * n), job.Aggregate["total"].GetInt64());
        var results = await client.Jobs.ResultsAsync(job.Id, Cancellation).ToListAsync(Cancellation);
        Assert.Equal(Enumerable.Range(1, 102).Select(static n => n * n), results.Select(static result => result.GetInt32()));
    }

    [Fact]
    public async Task Job_OfBadItems_ListsTheirFailures()
    {
        using var client = await Running();
        var job = await client.Jobs.SubmitAsync(
            new JobSpec
            {
                Source = JobSource.OfItems([JsonSerializer.SerializeToElement(2), JsonSerializer.SerializeToElement("x")]),
                Process = JobProcess.OfBuiltin("square"),
                Aggregate = [new JobAggregate("sum")],
                OnItemError = ItemErrors.Skip,
                MaxErrors = 1,
                Queue = "default",
                Name = $"bad-{Guid.NewGuid():N}",
            },
            cancellation: Cancellation);
        job = await client.Jobs.WaitAsync(job.Id, Cancellation);
        Assert.Equal((TaskState.Succeeded, 1), (job.State, job.ItemsFailed + job.ItemsSkipped));
        Assert.Equal(1, Assert.Single(await client.Jobs.FailuresAsync(job.Id, cancellation: Cancellation).ToListAsync(Cancellation)).Item);
        var listed = await client.Jobs.ListAsync(new RunFilter { Name = job.Name, State = TaskState.Succeeded }, cancellation: Cancellation)
            .ToListAsync(Cancellation);
        Assert.Equal([job.Id], listed.Select(static item => item.Id));
    }

    [Fact]
    public async Task Queue_PutListedForecastAndDeleted()
    {
        using var client = await Running();
        var name = NewQueue();

        var put = await client.Queues.PutAsync(
            name, new QueueChange { MaxRunning = 3, RatePerSecond = 2.5, Strategy = QueueStrategy.RoundRobin, Paused = true }, Cancellation);

        Assert.Equal((name, 1, 3, 2.5, 3), (put.Name, put.Version, put.MaxRunning, put.RatePerSecond, put.Burst));
        Assert.Equal((QueueStrategy.RoundRobin, true, 1), (put.Strategy, put.Paused, put.Weight));
        Assert.NotNull(put.PausedAt);
        Assert.Equal(
            put with { HeldBy = null, Blackouts = [] }, await client.Queues.GetAsync(name, Cancellation) with { HeldBy = null, Blackouts = [] });
        Assert.Contains(await client.Queues.ListAsync(Cancellation), queue => queue.Name == name);
        var changed = await client.Queues.PutAsync(
            name, new QueueChange
            {
                MaxRunning = new Setting<int>(), Paused = false, Version = 1,
                Blackouts = Setting.Of<IReadOnlyList<Blackout>>([new Blackout { From = DateTimeOffset.UnixEpoch, To = DateTimeOffset.UnixEpoch.AddDays(1) }]),
            }, Cancellation);
        Assert.Equal(new Blackout { From = DateTimeOffset.UnixEpoch, To = DateTimeOffset.UnixEpoch.AddDays(1) }, Assert.Single(changed.Blackouts));
        Assert.Equal((2, null, 2.5, false), (changed.Version, changed.MaxRunning, changed.RatePerSecond, changed.Paused));
        var refused = await Assert.ThrowsAsync<OrleansTasksException>(
            () => client.Queues.PutAsync(name, new QueueChange { Weight = 101 }, Cancellation));
        Assert.Contains("weight", refused.Errors);
        var forecast = await client.Queues.ForecastAsync(name, Cancellation);
        Assert.Equal((0, 0), (forecast.Backlog, forecast.Estimates.Samples));
        await client.Queues.DeleteAsync(name, Cancellation);
        Assert.Equal(
            HttpStatusCode.NotFound, (await Assert.ThrowsAsync<OrleansTasksException>(() => client.Queues.GetAsync(name, Cancellation))).Status);
    }

    [Fact]
    public async Task Schedule_PutPausedAndDeleted()
    {
        using var client = await Idle();
        var id = NewQueue();
        var spec = new ScheduleSpec
        {
            Cron = "0 3 * * *", TimeZone = "Europe/Berlin", Task = new TaskSpec { Cmd = "true", Queue = id }, Overlap = Overlap.QueueOne,
            CatchUp = CatchUp.One, Jitter = TimeSpan.FromMinutes(5),
        };

        var put = await client.Schedules.PutAsync(id, spec, Cancellation);

        Assert.Equal((id, id, 1, Overlap.QueueOne, TimeSpan.FromMinutes(5)), (put.Id, put.Queue, put.Version, put.Overlap, put.Jitter));
        Assert.Equal(5, put.NextRuns.Count);
        Assert.True((await client.Schedules.PauseAsync(id, Cancellation)).Paused);
        Assert.False((await client.Schedules.ResumeAsync(id, Cancellation)).Paused);
        var refusal = await Assert.ThrowsAsync<OrleansTasksException>(
            () => client.Schedules.PutAsync(id, spec with { Version = 99 }, Cancellation));
        Assert.Equal(HttpStatusCode.Conflict, refusal.Status);
        var started = await client.Schedules.TriggerAsync(id, Cancellation);
        Assert.Equal("true", (await client.Tasks.GetAsync(started.Id, Cancellation)).Spec.Cmd);
        var listed = await client.Schedules.ListAsync(queue: id, cancellation: Cancellation).ToListAsync(Cancellation);
        Assert.Equal([id], listed.Select(static schedule => schedule.Id));
        await client.Schedules.DeleteAsync(id, Cancellation);
        refusal = await Assert.ThrowsAsync<OrleansTasksException>(() => client.Schedules.GetAsync(id, Cancellation));
        Assert.Equal("not-found", refusal.Code);
    }

    [Fact]
    public async Task Trigger_IsStoredListedAndDeleted()
    {
        using var client = await Running();
        using var definition = JsonDocument.Parse("""{"task":{"argv":["true"]}}""");
        await client.Definitions.PutAsync("net/triggered", definition.RootElement, Cancellation);
        using var body = JsonDocument.Parse("""{"definition":"net/triggered","signature":{"kind":"github"},"rate":7}""");

        var made = await client.Triggers.PutAsync("net-trigger", body.RootElement, Cancellation);
        var kept = await client.Triggers.PutAsync("net-trigger", body.RootElement, Cancellation);

        Assert.Equal(("/triggers/net-trigger", "net/triggered", 7, false), (made.Path, made.Definition, made.Rate, made.Paused));
        Assert.NotNull(made.Secret);
        Assert.Null(kept.Secret);
        Assert.Equal(kept, await client.Triggers.GetAsync("net-trigger", Cancellation));
        Assert.Contains(kept, await client.Triggers.ListAsync(Cancellation));
        Assert.NotEqual(made.Secret, (await client.Triggers.RotateAsync("net-trigger", Cancellation)).Secret ?? made.Secret);
        await client.Triggers.DeleteAsync("net-trigger", Cancellation);
        Assert.Equal("not-found", (await Assert.ThrowsAsync<OrleansTasksException>(() => client.Triggers.GetAsync("net-trigger", Cancellation))).Code);
    }

    [Fact]
    public async Task Calendar_IsStoredFollowedAndDeleted()
    {
        using var client = await Running();
        var id = NewQueue();
        using var body = JsonDocument.Parse("""{"days":["2031-12-24"],"zone":"Europe/Berlin"}""");

        var put = await client.Calendars.PutAsync("net-days", body.RootElement, Cancellation);
        await client.Queues.PutAsync(id, new QueueChange { Blackouts = Setting.Of<IReadOnlyList<Blackout>>([new Blackout { Calendar = "net-days" }]) }, Cancellation);

        Assert.Equal(("net-days", 1, "Europe/Berlin"), (put.Name, put.Version, put.Zone));
        var midnight = new DateTimeOffset(2031, 12, 24, 0, 0, 0, TimeSpan.FromHours(1));
        Assert.Equal([new CalendarSpan { From = midnight, To = midnight.AddDays(1) }], (await client.Calendars.GetAsync("net-days", Cancellation)).Next);
        var refusal = await Assert.ThrowsAsync<OrleansTasksException>(() => client.Calendars.DeleteAsync("net-days", Cancellation));
        Assert.Equal("calendar-in-use", refusal.Code);
        Assert.Contains("net-days", (await client.Calendars.ListAsync(Cancellation)).Select(static one => one.Name));
        await client.Queues.DeleteAsync(id, Cancellation);
        await client.Calendars.DeleteAsync("net-days", Cancellation);
        Assert.DoesNotContain("net-days", (await client.Calendars.ListAsync(Cancellation)).Select(static one => one.Name));
    }

    [Fact]
    public async Task Notification_IsStoredTestedAndDeleted()
    {
        using var client = await Running();
        // Nothing listens at this address, or the service may not send there: either way the test says so.
        using var body = JsonDocument.Parse("""{"on":["failed","late"],"to":{"slack":"http://127.0.0.1:9/hook"},"digest":"5m"}""");

        var put = await client.Notifications.PutAsync("net-ops", body.RootElement, Cancellation);
        var test = await client.Notifications.TestAsync("net-ops", Cancellation);

        Assert.Equal(("net-ops", false, null), (put.Name, put.Paused, put.SentAt));
        Assert.Equal(["failed", "late"], put.On);
        Assert.False(test.Sent);
        Assert.NotEmpty(test.Failure!);
        Assert.Equal("net-ops", (await client.Notifications.GetAsync("net-ops", Cancellation)).Name);
        Assert.Contains("net-ops", (await client.Notifications.ListAsync(Cancellation)).Select(static one => one.Name));
        await client.Notifications.DeleteAsync("net-ops", Cancellation);
        Assert.DoesNotContain("net-ops", (await client.Notifications.ListAsync(Cancellation)).Select(static one => one.Name));
    }

    [Fact]
    public async Task Definition_IsStoredRunAndDeleted()
    {
        using var client = await Running();
        var name = $"client/{NewQueue()}";
        using var body = JsonDocument.Parse("""{"description":"says it","parameters":[{"name":"x"}],"task":{"argv":["printf","%s","${param.x}"]}}""");

        var put = await client.Definitions.PutAsync(name, body.RootElement, Cancellation);
        var run = new DefinitionRunSpec
        {
            Parameters = new Dictionary<string, string> { ["x"] = "a 'b' $(c)" }, Labels = new Dictionary<string, string> { ["k"] = "v" },
        };
        var started = await client.Definitions.RunAsync(name, run, "once", Cancellation);
        var again = await client.Definitions.RunAsync(name, run, "once", Cancellation);

        Assert.Equal((name, 1, "task", "says it"), (put.Name, put.Version, put.Kind, put.Description));
        Assert.Equal(("task", name, 1, started.Id), (started.Kind, started.Definition, started.Version, again.Id));
        var task = await client.Tasks.WaitAsync(started.Id, Cancellation);
        Assert.Equal(new DefinitionVersion { Name = name, Version = 1 }, task.Definition);
        Assert.Equal("a 'b' $(c)", await client.Tasks.OutputAsync(started.Id, cancellation: Cancellation));
        var listed = Assert.Single(await client.Definitions.RunsAsync(name, cancellation: Cancellation).ToListAsync(Cancellation));
        Assert.Equal(("task", started.Id, name, 1, "succeeded"), (listed.Kind, listed.Id, listed.Definition, listed.Version, listed.State));
        Assert.Equal("a 'b' $(c)", listed.Parameters.GetProperty("x").GetString());
        Assert.Equal([name], (await client.Definitions.ListAsync(name, cancellation: Cancellation).ToListAsync(Cancellation)).Select(static one => one.Name));
        await client.Definitions.DeleteAsync(name, Cancellation);
        Assert.Equal("not-found", (await Assert.ThrowsAsync<OrleansTasksException>(() => client.Definitions.GetAsync(name, Cancellation))).Code);
    }

    [Fact]
    public async Task Artifacts_OfAWorkflow_AreListedByNodeAndItem()
    {
        using var client = await Running();
        var workflow = await client.Workflows.SubmitAsync(
            new WorkflowSpec
            {
                Name = $"flow-{Guid.NewGuid():N}",
                Nodes =
                [
                    new WorkflowNode("list")
                    {
                        Task = TaskSpec.Shell("echo '[1,2]' > $TASK_RESULT; echo x > all") with { Artifacts = ["all"] },
                    },
                    new WorkflowNode("each")
                    {
                        Task = TaskSpec.Shell("echo $TASK_ITEM > one") with { Artifacts = ["one"] },
                        After = ["list"], ForEach = new ForEach("list"),
                    },
                ],
            },
            cancellation: Cancellation);
        await client.Workflows.WaitAsync(workflow.Id, Cancellation);

        var left = await client.Workflows.ListArtifactsAsync(workflow.Id, pageSize: 2, Cancellation)
            .ToListAsync(Cancellation);

        Assert.Equal(
            [("list", null, "all", 2L), ("each", 0, "one", 2L), ("each", (int?)1, "one", 2L)],
            left.Select(static one => (one.Node, one.Item, one.Path, one.Bytes)));
        using var last = new StreamReader(await client.Files.OpenAsync(left[2].File, cancellation: Cancellation));
        Assert.Equal("2\n", await last.ReadToEndAsync(Cancellation));
        var none = client.Jobs.ListArtifactsAsync(workflow.Id, cancellation: Cancellation).ToListAsync(Cancellation);
        Assert.Equal("not-found", (await Assert.ThrowsAsync<OrleansTasksException>(async () => await none)).Code);
    }

    [Fact]
    public async Task Workflow_WithAFailingNode_ShowsEachNode()
    {
        using var client = await Running();
        var workflow = await client.Workflows.SubmitAsync(
            new WorkflowSpec
            {
                Name = $"flow-{Guid.NewGuid():N}",
                Nodes =
                [
                    new WorkflowNode("list") { Task = TaskSpec.Shell("echo '[1,2,3]' > $TASK_RESULT") },
                    new WorkflowNode("each") { Task = TaskSpec.Shell("test $TASK_ITEM != 2"), After = ["list"], ForEach = new ForEach("list") },
                    new WorkflowNode("clean") { Task = TaskSpec.Shell("true"), After = [new NodeCondition("each", EndCondition.Ended)] },
                    new WorkflowNode("ship") { Task = TaskSpec.Shell("true"), After = ["each"] },
                ],
            },
            cancellation: Cancellation);

        workflow = await client.Workflows.WaitAsync(workflow.Id, Cancellation);

        Assert.Equal((TaskState.Failed, 4, 4), (workflow.State, workflow.Nodes, workflow.Ended));
        Assert.Equal(["each"], workflow.FailedNodes);
        var nodes = await client.Workflows.NodesAsync(workflow.Id, pageSize: 3, Cancellation).ToListAsync(Cancellation);
        Assert.Equal(
            [("list", TaskState.Succeeded), ("each", TaskState.Failed), ("clean", TaskState.Succeeded), ("ship", TaskState.Cancelled)],
            nodes.Select(static node => (node.Name, node.State)));
        Assert.Equal((3, 1), (nodes[1].Elements!.Total, nodes[1].Elements!.ByState["failed"]));
        Assert.Equal([new NodeCondition("each", EndCondition.Ended)], nodes[2].After);
        Assert.Equal(2, (await client.Workflows.RetryAsync(workflow.Id, Cancellation)).Run);
        await client.Workflows.WaitAsync(workflow.Id, Cancellation);
        var listed = await client.Workflows.ListAsync(new RunFilter { Name = workflow.Name }, cancellation: Cancellation)
            .ToListAsync(Cancellation);
        Assert.Equal([workflow.Id], listed.Select(static item => item.Id));
    }

    [Fact]
    public async Task Events_OfATask_Follow()
    {
        using var client = await Running();
        var events = client.Events.FollowAsync(cancellation: Cancellation).GetAsyncEnumerator(Cancellation);
        // The first event shows that the stream is open.
        var next = events.MoveNextAsync().AsTask();
        while (!next.IsCompleted)
            await client.Tasks.RunAsync(TaskSpec.Shell("true"), cancellation: Cancellation);
        Assert.True(await next);

        var seen = new List<string>();
        var id = (await client.Tasks.SubmitAsync(TaskSpec.Shell("true"), cancellation: Cancellation)).Id;
        do
        {
            if (events.Current.Id == id)
                seen.Add(events.Current.State);
        }
        while (!seen.Contains("succeeded") && await events.MoveNextAsync());
        Assert.Equal("queued", seen[0]);
        Assert.NotNull(events.Current.Cursor);
        await events.DisposeAsync();
    }

    [Fact]
    public async Task Client_WithoutKey_IsRefused()
    {
        using var http = new HttpClient { BaseAddress = (await services.Idle).Url };
        using var client = new OrleansTasksClient(http, "otk_wrong");
        var refusal = await Assert.ThrowsAsync<OrleansTasksException>(() => client.Tasks.GetAsync("x", Cancellation));
        Assert.Equal("unauthenticated", refusal.Code);
    }

    /// <summary>The part of an answer that was sent: the service adds its defaults.</summary>
    private static JsonNode Matching(
        JsonNode? stored, JsonNode sent)
    {
        Assert.NotNull(stored);
        if (sent is not JsonObject fields)
            return stored.DeepClone();
        var part = new JsonObject();
        foreach (var (name, value) in fields)
            part[name] = Matching(stored[name], value!);
        return part;
    }
}
