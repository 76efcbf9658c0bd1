using System.Text.Json.Nodes;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.Workers;

/// <summary>Workers that die with their supervisors: nobody says goodbye, and the connection is reset.</summary>
public sealed class LostStreamTests : DataFolders
{
    private const int Tasks = 4;
    private static readonly int Rounds = Campaign.Number("OTASK_WORKERS_STREAMS", 2);
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task WorkerAndSupervisorKilled_TheNextTasksRunElsewhereAtOnce()
    {
        // What was sent to the dead worker would wait for longer than the test does.
        await using var service = await Service.Start(Data, "--slots", "0", "--lease", "300s");
        await using var good = await WorkerProcess.Start(service, "good", In("good"), "--slots", "2");
        var took = new List<double>();
        for (var round = 1; round <= Rounds; round++)
        {
            await using var bad = await WorkerProcess.Start(service, $"bad{round}", In($"bad{round}"), "--slots", "2");
            // So many, and so long, that the slots of both are this queue's and nothing is sent ahead.
            var before = await Run(service, 2 * Tasks, "sleep 0.1");
            Assert.Equal(2, before.Select(static task => (string?)task["node"]).Distinct().Count());

            var agent = bad.Agent;
            Signals.Send(bad.Supervisor, Signals.Kill);
            Signals.Send(agent, Signals.Kill);
            await Task.Delay(Moment, TimeProvider.System, Cancellation);

            foreach (var task in await Run(service, Tasks, "true"))
            {
                Assert.Equal(("succeeded", "good", 1), ((string?)task["state"], (string?)task["node"], (int)task["attempt"]!));
                took.Add((Time(task, "startedAt") - Time(task, "createdAt")).TotalMilliseconds);
            }
        }

        await Campaign.Keep("streams", new JsonObject { ["rounds"] = Rounds, ["submittedToStartedMs"] = Campaign.Figures(took) });
        Campaign.Check("tasks after a worker that was killed with its supervisor", took, goal: 500);
    }

    [Fact]
    public async Task OnlyWorkerIsKilledWithItsSupervisor_TheTaskWaitsAndRunsWhenItIsBack()
    {
        await using var service = await Service.Start(Data, "--slots", "0", "--lease", "300s");
        await using (var worker = await WorkerProcess.Start(service, "w1", In("w1"), "--slots", "1"))
        {
            await Run(service, 2, "true");
            var agent = worker.Agent;
            Signals.Send(worker.Supervisor, Signals.Kill);
            Signals.Send(agent, Signals.Kill);
            await Until.Holds("the worker is dead", Patience, () => Task.FromResult(Signals.IsGone(agent)));
        }

        await Task.Delay(Moment, TimeProvider.System, Cancellation);
        var id = await service.Submit("true");
        await using var again = await WorkerProcess.Start(service, "w1", In("w1"), "--slots", "1");
        var ended = await service.Ended(id);
        Assert.Equal(("succeeded", 1), ((string?)ended["state"], (int)ended["attempt"]!));
    }

    private static DateTimeOffset Time(JsonNode task, string name) => (DateTimeOffset)task[name]!;

    private static async Task<JsonNode[]> Run(Service service, int count, string command)
    {
        var ids = await Task.WhenAll(Enumerable.Range(0, count).Select(_ => service.Submit(command)));
        return await Task.WhenAll(ids.Select(service.Ended));
    }
}
