using OrleansTasks.ApiClient;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.DotNet;

/// <summary>The sample program with handlers, as a process that is killed.</summary>
public sealed class HandlerProcessTests(HandlerProcessTests.Scene scene)
    : SceneTests(scene), IClassFixture<HandlerProcessTests.Scene>
{
    private static readonly Dictionary<string, string> Countdown = new() { ["handler/countdown"] = "true" };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Process_IsKilled_AnotherRunsItsTaskAfterTheLease()
    {
        await using var service = await Service.Start(Data, "--slots", "0", "--lease", "8s");
        using var client = new OrleansTasksClient(service.Url);
        await using var first = await Launch(service, "first");
        var id = await Begin(client);
        await using var second = await Launch(service, "second");

        first.Send(Signals.Kill);

        var piece = await client.Tasks.LogsAsync(id, follow: true, Cancellation).FirstAsync(static piece => piece.Attempt == 2, Cancellation);
        Assert.Equal("1000\n", piece.Text);
        Assert.Equal("second", (await client.Tasks.GetAsync(id, Cancellation)).Node);
        await client.Tasks.CancelAsync(id, Cancellation);
        Assert.Equal(TaskState.Cancelled, (await client.Tasks.WaitAsync(id, Cancellation)).State);
        Assert.Equal(
            [("first", EndReason.NodeLost), ("second", EndReason.Cancelled)],
            (await client.Tasks.AttemptsAsync(id, Cancellation)).Select(static attempt => (attempt.Node!, attempt.Reason!.Value)));
    }

    [Fact]
    public async Task Process_IsKilledAndStartedAgain_RunsItsTaskWithoutWaitingForTheLease()
    {
        using var client = new OrleansTasksClient(Service.Url);
        await using var killed = await Launch(Service, "killed");
        var id = await Begin(client);
        killed.Send(Signals.Kill);
        await killed.End();

        await using var again = await Launch(Service, "killed");

        await client.Tasks.LogsAsync(id, follow: true, Cancellation).FirstAsync(static piece => piece.Attempt == 2, Cancellation);
        await client.Tasks.CancelAsync(id, Cancellation);
        Assert.Equal(TaskState.Cancelled, (await client.Tasks.WaitAsync(id, Cancellation)).State);
    }

    [Fact]
    public async Task Process_CountsWordsAsTheReadmeSays_AndOnSigtermPutsItsTaskBackAndEnds()
    {
        using var client = new OrleansTasksClient(Service.Url);
        await using var worker = await Launch(Service, "ended", "--Worker:DrainTime", "00:00:00");
        var task = await client.Tasks.RunAsync(
            TaskSpec.Handler("word-count", "--top", "2") with
            {
                Stdin = "the cat, the dog and The end.", Result = true,
            },
            cancellation: Cancellation);
        Assert.True(task.State == TaskState.Succeeded, $"{task}\n{worker.Log}");
        Assert.Equal("     3 the\n     1 and\n", await client.Tasks.OutputAsync(task.Id, cancellation: Cancellation));
        var result = (await client.Tasks.ResultAsync(task.Id, Cancellation))!.Value;
        Assert.Equal("""{"words":7,"distinct":5}""", result.GetRawText());
        var id = await Begin(client);

        worker.Send(Signals.Terminate);

        Assert.True(await worker.End() == 0, worker.Log);
        // A failed attempt would have failed it: it has only one.
        Assert.Equal(TaskState.Queued, (await client.Tasks.GetAsync(id, Cancellation)).State);
    }

    private async Task<WorkerProcess> Launch(Service service, string name, params string[] options)
    {
        var worker = WorkerProcess.Launch(
            BuiltPrograms.SampleHandlers,
            ["--Worker:Masters:0", service.Grpc, "--Worker:Name", name, "--Worker:DataFolder", In(name), .. options], name, In(name));
        await Until.Holds($"{name} is accepted", TimeSpan.FromSeconds(60), () =>
            Task.FromResult(worker.Log.Contains("takes tasks for these handlers", StringComparison.Ordinal)));
        return worker;
    }

    private static async Task<string> Begin(OrleansTasksClient client)
    {
        var task = await client.Tasks.SubmitAsync(
            TaskSpec.Program("countdown", "1000") with { Requires = Countdown }, cancellation: Cancellation);
        await client.Tasks.LogsAsync(task.Id, follow: true, Cancellation).FirstAsync(Cancellation);
        return task.Id;
    }

    /// <summary>A lease that no test waits for.</summary>
    public sealed class Scene() : ServiceScene("--lease", "10m");
}
