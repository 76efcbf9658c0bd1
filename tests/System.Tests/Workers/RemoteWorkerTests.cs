using System.Text.Json.Nodes;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.Workers;

public sealed class RemoteWorkerTests(RemoteWorkerTests.OwnService own) : DataFolders, IClassFixture<RemoteWorkerTests.OwnService>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Task_RunsOnTheRemoteWorkerAndItsOutputIsReadBackWhole()
    {
        var service = own.Service;
        await using var worker = await WorkerProcess.Start(service, "whole1", In("whole1"), "--slots", "2", "--label", "zone=a");

        var small = await service.Ended(await service.Submit("echo $NODE_ID; echo oops >&2; exit 3"));
        var large = await service.Ended(await service.Submit("seq 1 200000"));

        Assert.Equal(("failed", 3, "whole1", 1), (
            (string?)small["state"], (int)small["exitCode"]!, (string?)small["node"], (int)small["attempt"]!));
        Assert.Equal("whole1\noops\n", (string?)small["output"]!["tail"]);
        Assert.Equal("succeeded", (string?)large["state"]);
        var text = await service.Http.GetStringAsync($"/api/v1/tasks/{large["id"]}/output/stdout");
        Assert.Equal(string.Concat(Enumerable.Range(1, 200_000).Select(static n => $"{n}\n")), text);
        await Until.Holds("the worker says what it received", Patience,
            () => Task.FromResult(worker.Log.Contains($"received task {small["id"]}: echo", StringComparison.Ordinal)));
        var node = JsonNode.Parse(await service.Http.GetStringAsync("/api/v1/nodes/whole1"))!;
        Assert.Equal(("ready", 2, "a", "127.0.0.1"),
            ((string?)node["state"], (int)node["slots"]!, (string?)node["labels"]!["zone"], (string?)node["address"]));
    }

    [Fact]
    public async Task Terminated_WhatRunsIsPutBackUncountedAndTheNodeIsGone()
    {
        var service = own.Service;
        await using var worker = await WorkerProcess.Start(service, "ended1", In("ended1"), "--slots", "1");
        var id = await service.Submit($"trap '' TERM; echo > {In("running")}; [ $TASK_ATTEMPT != 1 ] || sleep 1000");
        await Until.Holds("the task runs", Patience, () => Task.FromResult(File.Exists(In("running"))));

        worker.Send(Signals.Terminate);
        Assert.Equal(0, await worker.End());

        Assert.Equal("gone", (string?)JsonNode.Parse(await service.Http.GetStringAsync("/api/v1/nodes/ended1"))!["state"]);
        Assert.Equal("queued", (string?)(await service.Get(id))["state"]);
        await using var other = await WorkerProcess.Start(service, "ended2", In("ended2"));
        var ended = await service.Ended(id);
        Assert.Equal(("succeeded", "ended2"), ((string?)ended["state"], (string?)ended["node"]));
    }

    [Fact]
    public async Task SecondSignal_EndsAtOnceAndLeavesNothing()
    {
        await using var service = await Service.Start(Data, "--slots", "0");
        await using var worker = await WorkerProcess.Start(service, "w1", In("w1"));
        await service.Submit($"echo $$ > {In("pid.new")}; mv {In("pid.new")} {In("pid")}; trap '' TERM; while :; do sleep 1000; done");
        await Until.Holds("the task runs", Patience, () => Task.FromResult(File.Exists(In("pid"))));
        var task = int.Parse(await File.ReadAllTextAsync(In("pid"), TestContext.Current.CancellationToken));

        worker.Send(Signals.Terminate);
        await Until.Holds("it leaves", Patience, () => Task.FromResult(worker.Log.Contains("is leaving", StringComparison.Ordinal)));
        worker.Send(Signals.Terminate);

        Assert.Equal(128 + Signals.Terminate, await worker.End());
        Assert.False(Signals.Send(task, 0), "the task's process lives");
    }

    [Fact]
    public async Task AgentKilled_ItsTaskRunsElsewhereLongBeforeTheLeaseIsOver()
    {
        await using var service = await Service.Start(Data, "--slots", "0", "--lease", "10m");
        await using var worker = await WorkerProcess.Start(service, "w1", In("w1"), "--slots", "1");

        await AssertRunsElsewhere(service, worker);
        Assert.Equal(128 + Signals.Kill, await worker.End());
    }

    [Fact]
    public async Task AgentKilled_WithAResultThatIsNotSettled_ItsSupervisorTellsItAndTheTaskDoesNotRunAgain()
    {
        await using var service = await Service.Start(Data, "--slots", "0", "--lease", "10m");
        await using var way = new FreezingProxy(service.Grpc);
        await using var worker = await WorkerProcess.Start([way.Address], "w1", In("w1"), "--slots", "2");
        var done = await service.Submit($"echo > {In("up")}; while [ ! -e {In("go")} ]; do sleep 0.05; done; echo done; exit 7");
        var runs = await service.Submit($"echo > {In("running")}; [ $TASK_ATTEMPT != 1 ] || sleep 1000");
        await Until.Holds("both tasks run", Patience, () => Task.FromResult(File.Exists(In("up")) && File.Exists(In("running"))));
        await using var other = await WorkerProcess.Start(service, "w2", In("w2"), "--slots", "1");

        way.Freeze();
        await File.WriteAllTextAsync(In("go"), "");
        // On a slow machine the worker may have told it over its next connection before.
        await Until.Holds("the result is on disk", Patience, async () => new FileInfo(Path.Combine(worker.Data, "results")).Length > 0
            || (string?)(await service.Get(done))["state"] == "failed");
        Signals.Send(worker.Agent, Signals.Kill);

        var (ended, elsewhere) = (await service.Ended(done), await service.Ended(runs));
        Assert.Equal(("failed", "w1", 1, 7), ((string?)ended["state"], (string?)ended["node"], (int)ended["attempt"]!, (int)ended["exitCode"]!));
        Assert.Equal(("succeeded", "w2", 2), ((string?)elsewhere["state"], (string?)elsewhere["node"], (int)elsewhere["attempt"]!));
        await worker.End();
        Assert.Equal(0, new FileInfo(Path.Combine(worker.Data, "results")).Length);
    }

    [Fact]
    public async Task AgentKilled_AfterARunThatWasKilledWithItsSupervisor_ItsTaskStillRunsElsewhereAtOnce()
    {
        await using var service = await Service.Start(Data, "--slots", "0", "--lease", "10m");
        await using (var first = await WorkerProcess.Start(service, "w1", In("w1"), "--slots", "1"))
        {
            var agent = first.Agent;
            // Standing still, none of the two learns that the other is dead.
            Signals.Send(agent, Signals.Stop);
            Signals.Send(first.Supervisor, Signals.Kill);
            Signals.Send(agent, Signals.Kill);
            await first.End();
            await Until.Holds("the agent is dead", Patience, () => Task.FromResult(Signals.IsGone(agent)));
        }

        await using var worker = await WorkerProcess.Start(service, "w1", In("w1"), "--slots", "1");
        await AssertRunsElsewhere(service, worker);
    }

    [Fact]
    public async Task NameOfALivingWorker_SecondEndsWithOneAndTheFirstWorksOn()
    {
        var service = own.Service;
        await using var worker = await WorkerProcess.Start(service, "living1", In("living1"));

        var second = await Finished.Run(BuiltPrograms.Worker, "--master", service.Grpc, "--name", "living1", "--data", In("other"));

        Assert.Equal(1, second.ExitCode);
        Assert.Contains("--name: The name 'living1' is in use", second.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("started", second.Output, StringComparison.Ordinal);
        Assert.Equal("succeeded", (string?)(await service.Ended(await service.Submit("true")))["state"]);
    }

    [Fact]
    public async Task FolderOfALivingWorker_SecondEndsWithOneAndNamesTheOwner()
    {
        var service = own.Service;
        await using var worker = await WorkerProcess.Start(service, "owner1", In("owner1"));

        var second = await Finished.Run(BuiltPrograms.Worker, "--master", service.Grpc, "--name", "owner2", "--data", In("owner1"));

        Assert.Equal(1, second.ExitCode);
        Assert.Contains($"in use by process {worker.Agent}", second.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task SameNameAndFolderAgain_ContinuesAsTheSameNode()
    {
        var service = own.Service;
        await using (await WorkerProcess.Start(service, "same1", In("same1")))
        {
        }

        await using var again = await WorkerProcess.Start(service, "same1", In("same1"));
        Assert.Equal("same1", (string?)(await service.Ended(await service.Submit("true")))["node"]);
    }

    [Theory]
    [InlineData("--master", "nowhere")]
    [InlineData("--master", "127.0.0.1:0")]
    [InlineData("--name", "a/b")]
    [InlineData("--name", "$(true)")]
    [InlineData("--slots", "0")]
    [InlineData("--slots", "many")]
    [InlineData("--label", "novalue")]
    [InlineData("--label", "Key=upper")]
    [InlineData("--data", "/etc/passwd")]
    [InlineData("--nope", "1")]
    public async Task BadOption_EndsWithTwoAndNamesIt(string option, string value)
    {
        string[] rest = option == "--data" ? [] : ["--data", In("w1")];
        var ended = await Finished.Run(BuiltPrograms.Worker, [option, value, .. rest]);
        Assert.Equal(2, ended.ExitCode);
        Assert.Contains(option, ended.Errors, StringComparison.Ordinal);
        Assert.False(Directory.Exists(In("w1")));
    }

    [Fact]
    public async Task MasterThatIsNotThereYet_IsWaitedFor()
    {
        var grpc = RestartAddress.Next();
        await using var worker = WorkerProcess.Launch(
            BuiltPrograms.Worker, ["--master", grpc, "--name", "w1", "--data", In("w1")], "w1", In("w1"));
        await Until.Holds("it says that nobody answers", Patience,
            () => Task.FromResult(worker.Log.Contains("Could not reach the master", StringComparison.Ordinal)));

        await using var service = await Service.Start(Data, "--slots", "0", "--grpc", grpc);

        await worker.Started();
        Assert.Equal("w1", (string?)(await service.Ended(await service.Submit("true")))["node"]);
    }

    [Fact]
    public async Task MakeWorker_Built_Works()
    {
        var service = own.Service;
        await using var worker = WorkerProcess.Launch("make", [.. BuiltPrograms.MakeAsBuilt, "worker",
            $"ARGS=--master {service.Grpc} --name made --slots 1 --label k=v --data {In("made")}"], "made", In("made"));
        await worker.Started();
        Assert.Equal("made", (string?)(await service.Ended(await service.Submit("true")))["node"]);
    }

    /// <summary>Kills a worker's agent while it runs a task, which another worker then runs.</summary>
    private async Task AssertRunsElsewhere(Service service, WorkerProcess worker)
    {
        var id = await service.Submit($"echo > {In("running")}; [ $TASK_ATTEMPT != 1 ] || sleep 1000");
        await Until.Holds("the task runs", Patience, () => Task.FromResult(File.Exists(In("running"))));
        await using var other = await WorkerProcess.Start(service, "w2", In("w2"), "--slots", "1");

        Signals.Send(worker.Agent, Signals.Kill);

        var ended = await service.Ended(id);
        Assert.Equal(("succeeded", "w2", 2), ((string?)ended["state"], (string?)ended["node"], (int)ended["attempt"]!));
    }

    /// <summary>A service without slots: workers of one test at a time take its tasks.</summary>
    public sealed class OwnService : DataFolders, IAsyncLifetime
    {
        internal Service Service { get; private set; } = null!;

        public async ValueTask InitializeAsync() => Service = await Service.Start(Data, "--slots", "0");

        public async ValueTask DisposeAsync()
        {
            await Service.DisposeAsync();
            Dispose();
        }
    }
}
