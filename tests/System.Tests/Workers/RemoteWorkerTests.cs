using System.Text.Json.Nodes;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.Workers;

public sealed class RemoteWorkerTests(RemoteWorkerTests.Scene scene)
    : SceneTests(scene), IClassFixture<RemoteWorkerTests.Scene>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Task_RunsOnTheRemoteWorkerAndItsOutputIsReadBackWhole()
    {
        await using var worker = await WorkerProcess.Start(
            Service, "whole1", In("whole1"), "--slots", "2", "--label", "zone=a");

        var small = await Service.Ended(await Service.Submit("echo $NODE_ID; echo oops >&2; exit 3"));
        var large = await Service.Ended(await Service.Submit("seq 1 200000"));

        Assert.Equal(("failed", 3, "whole1", 1), (
            (string?)small["state"], (int)small["exitCode"]!, (string?)small["node"], (int)small["attempt"]!));
        Assert.Equal("whole1\noops\n", (string?)small["output"]!["tail"]);
        Assert.Equal("succeeded", (string?)large["state"]);
        var text = await Service.Http.GetStringAsync($"/api/v1/tasks/{large["id"]}/output/stdout");
        Assert.Equal(string.Concat(Enumerable.Range(1, 200_000).Select(static n => $"{n}\n")), text);
        await Until.Holds("the worker says what it received", Patience,
            () => Task.FromResult(worker.Log.Contains($"received task {small["id"]}: echo", StringComparison.Ordinal)));
        var node = JsonNode.Parse(await Service.Http.GetStringAsync("/api/v1/nodes/whole1"))!;
        Assert.Equal(("ready", 2, "a", "127.0.0.1"),
            ((string?)node["state"], (int)node["slots"]!, (string?)node["labels"]!["zone"], (string?)node["address"]));
    }

    [Fact]
    public async Task Terminated_WhatRunsIsPutBackUncountedAndTheNodeIsGone()
    {
        await using var worker = await WorkerProcess.Start(Service, "ended1", In("ended1"), "--slots", "1");
        var id = await Service.Submit($"trap '' TERM; echo > {In("running")}; [ $TASK_ATTEMPT != 1 ] || sleep 1000");
        await Until.Holds("the task runs", Patience, () => Task.FromResult(File.Exists(In("running"))));

        worker.Send(Signals.Terminate);
        Assert.Equal(0, await worker.End());

        var left = JsonNode.Parse(await Service.Http.GetStringAsync("/api/v1/nodes/ended1"))!;
        Assert.Equal("gone", (string?)left["state"]);
        Assert.Equal("queued", (string?)(await Service.Get(id))["state"]);
        await using var other = await WorkerProcess.Start(Service, "ended2", In("ended2"));
        var ended = await Service.Ended(id);
        Assert.Equal(("succeeded", "ended2"), ((string?)ended["state"], (string?)ended["node"]));
    }

    [Fact]
    public async Task SecondSignal_EndsAtOnceAndLeavesNothing()
    {
        await using var worker = await WorkerProcess.Start(Service, "twice1", In("twice1"));
        await Service.Submit(
            $"echo $$ > {In("pid.new")}; mv {In("pid.new")} {In("pid")}; trap '' TERM; while :; do sleep 1000; done");
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
        await using var worker = await WorkerProcess.Start(Service, "killed1", In("killed1"), "--slots", "1");

        await AssertRunsElsewhere(worker, "killed2");
    }

    [Fact]
    public async Task AgentKilled_WithAResultThatIsNotSettled_ItsSupervisorTellsItAndTheTaskDoesNotRunAgain()
    {
        await using var way = new FreezingProxy(Service.Grpc);
        await using var worker = await WorkerProcess.Start([way.Address], "told1", In("told1"), "--slots", "2");
        var done = await Service.Submit(
            $"echo > {In("up")}; while [ ! -e {In("go")} ]; do sleep 0.05; done; echo done; exit 7");
        var runs = await Service.Submit($"echo > {In("running")}; [ $TASK_ATTEMPT != 1 ] || sleep 1000");
        await Until.Holds("both tasks run", Patience, () => Task.FromResult(File.Exists(In("up")) && File.Exists(In("running"))));
        await using var other = await WorkerProcess.Start(Service, "told2", In("told2"), "--slots", "1");

        way.Freeze();
        await File.WriteAllTextAsync(In("go"), "");
        // On a slow machine the worker may have told it over its next connection before.
        await Until.Holds("the result is on disk", Patience, async () => new FileInfo(Path.Combine(worker.Data, "results")).Length > 0
            || (string?)(await Service.Get(done))["state"] == "failed");
        Signals.Send(worker.Agent, Signals.Kill);

        var (ended, elsewhere) = (await Service.Ended(done), await Service.Ended(runs));
        Assert.Equal(("failed", "told1", 1, 7), (
            (string?)ended["state"], (string?)ended["node"], (int)ended["attempt"]!, (int)ended["exitCode"]!));
        Assert.Equal(("succeeded", "told2", 2), (
            (string?)elsewhere["state"], (string?)elsewhere["node"], (int)elsewhere["attempt"]!));
        await worker.End();
        Assert.Equal(0, new FileInfo(Path.Combine(worker.Data, "results")).Length);
    }

    [Fact]
    public async Task AgentKilled_AfterARunThatWasKilledWithItsSupervisor_ItsTaskStillRunsElsewhereAtOnce()
    {
        await using (var first = await WorkerProcess.Start(Service, "after1", In("after1"), "--slots", "1"))
        {
            var agent = first.Agent;
            // Standing still, none of the two learns that the other is dead.
            Signals.Send(agent, Signals.Stop);
            Signals.Send(first.Supervisor, Signals.Kill);
            Signals.Send(agent, Signals.Kill);
            await first.End();
            await Until.Holds("the agent is dead", Patience, () => Task.FromResult(Signals.IsGone(agent)));
        }

        await using var worker = await WorkerProcess.Start(Service, "after1", In("after1"), "--slots", "1");
        await AssertRunsElsewhere(worker, "after2");
    }

    [Fact]
    public async Task NameAndFolderOfALivingWorker_SecondEndsWithOneAndTheFirstWorksOn_AndContinuesAsTheSameNodeLater()
    {
        await using (var worker = await WorkerProcess.Start(Service, "living1", In("living1")))
        {
            var name = await Finished.Run(
                BuiltPrograms.Worker, "--master", Service.Grpc, "--name", "living1", "--data", In("other"));
            Assert.Equal(1, name.ExitCode);
            Assert.Contains("--name: The name 'living1' is in use", name.Errors, StringComparison.Ordinal);
            Assert.DoesNotContain("started", name.Output, StringComparison.Ordinal);
            Assert.Equal("succeeded", (string?)(await Service.Ended(await Service.Submit("true")))["state"]);

            var folder = await Finished.Run(
                BuiltPrograms.Worker, "--master", Service.Grpc, "--name", "living2", "--data", In("living1"));
            Assert.Equal(1, folder.ExitCode);
            Assert.Contains($"in use by process {worker.Agent}", folder.Errors, StringComparison.Ordinal);
        }

        await using var again = await WorkerProcess.Start(Service, "living1", In("living1"));
        Assert.Equal("living1", (string?)(await Service.Ended(await Service.Submit("true")))["node"]);
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
            BuiltPrograms.Worker, ["--master", grpc, "--name", "early", "--data", In("early")], "early", In("early"));
        await Until.Holds("it says that nobody answers", Patience,
            () => Task.FromResult(worker.Log.Contains("Could not reach the master", StringComparison.Ordinal)));

        await using var master = new FreezingProxy(Service.Grpc, grpc);

        await worker.Started();
        Assert.Equal("early", (string?)(await Service.Ended(await Service.Submit("true")))["node"]);
        // While it can still say goodbye.
        worker.Send(Signals.Terminate);
        Assert.Equal(0, await worker.End());
    }

    [Fact]
    public async Task MakeWorker_Built_Works()
    {
        await using var worker = WorkerProcess.Launch("make", [.. BuiltPrograms.MakeAsBuilt, "worker",
            $"ARGS=--master {Service.Grpc} --name made --slots 1 --label k=v --data {In("made")}"], "made", In("made"));
        await worker.Started();
        Assert.Equal("made", (string?)(await Service.Ended(await Service.Submit("true")))["node"]);
    }

    /// <summary>Kills a worker's agent while it runs a task, which another worker then runs.</summary>
    private async Task AssertRunsElsewhere(WorkerProcess worker, string elsewhere)
    {
        var id = await Service.Submit($"echo > {In("running")}; [ $TASK_ATTEMPT != 1 ] || sleep 1000");
        await Until.Holds("the task runs", Patience, () => Task.FromResult(File.Exists(In("running"))));
        await using var other = await WorkerProcess.Start(Service, elsewhere, In(elsewhere), "--slots", "1");

        Signals.Send(worker.Agent, Signals.Kill);

        var ended = await Service.Ended(id);
        Assert.Equal(("succeeded", elsewhere, 2), (
            (string?)ended["state"], (string?)ended["node"], (int)ended["attempt"]!));
        Assert.Equal(128 + Signals.Kill, await worker.End());
    }

    /// <summary>With a lease that no test waits for.</summary>
    public sealed class Scene() : ServiceScene("--lease", "10m");
}
