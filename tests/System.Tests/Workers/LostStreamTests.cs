using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.Workers;

/// <summary>Workers that die with their supervisors: nobody says goodbye, and the connection is reset.</summary>
public sealed class LostStreamTests : DataFolders
{
    private const int Tasks = 4;
    private static readonly int Rounds = Campaign.Number("OTASK_WORKERS_STREAMS", 2);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>
    /// Less than the ten seconds after which an unanswered HTTP/2 ping ends a connection: what is noticed within it was noticed by the
    /// reset that the kernel sends for the dead process.
    /// </summary>
    private static readonly TimeSpan NoticeLimit = TimeSpan.FromSeconds(5);

    [Fact]
    public async Task WorkerAndSupervisorKilled_TheNextTasksRunElsewhereAtOnce()
    {
        // What was sent to the dead worker would wait for longer than the test does.
        await using var service = await Service.Start(Data, "--slots", "0", "--lease", "300s");
        await using var good = await WorkerProcess.Start(service, "good", In("good"), "--slots", "2");
        var noticed = new List<double>();
        var took = new List<double>();
        for (var round = 1; round <= Rounds; round++)
        {
            await using var bad = await WorkerProcess.Start(service, $"bad{round}", In($"bad{round}"), "--slots", "2");
            // So many, and so long, that the slots of both are this queue's and nothing is sent ahead.
            var before = await Run(service, 2 * Tasks, "sleep 0.1");
            Assert.Equal(2, before.Select(static task => (string?)task["node"]).Distinct().Count());

            noticed.Add((await KillBoth(service, bad, $"bad{round}")).TotalMilliseconds);

            foreach (var task in await Run(service, Tasks, "true"))
            {
                Assert.Equal(("succeeded", "good", 1), ((string?)task["state"], (string?)task["node"], (int)task["attempt"]!));
                took.Add((Time(task, "startedAt") - Time(task, "createdAt")).TotalMilliseconds);
            }
        }

        await Campaign.Keep("streams", new JsonObject
        {
            ["rounds"] = Rounds,
            ["killedToNoticedMs"] = Campaign.Figures(noticed),
            ["submittedToStartedMs"] = Campaign.Figures(took),
        });
        Campaign.Check("the notice that a worker's stream is lost", noticed, goal: 50);
        Campaign.Check("tasks after a worker that was killed with its supervisor", took, goal: 500);
    }

    [Fact]
    public async Task OnlyWorkerIsKilledWithItsSupervisor_TheTaskWaitsAndRunsWhenItIsBack()
    {
        await using var service = await Service.Start(Data, "--slots", "0", "--lease", "300s");
        await using (var worker = await WorkerProcess.Start(service, "w1", In("w1"), "--slots", "1"))
        {
            await Run(service, 2, "true");
            await KillBoth(service, worker, "w1");
        }

        var id = await service.Submit("true");
        await using var again = await WorkerProcess.Start(service, "w1", In("w1"), "--slots", "1");
        var ended = await service.Ended(id);
        Assert.Equal(("succeeded", 1), ((string?)ended["state"], (int)ended["attempt"]!));
    }

    /// <summary>
    /// Kills a worker with its supervisor. Returns when the service says that the stream is lost, with the time that this took: what is
    /// submitted before, on a machine too busy to notice, is sent to the dead and waits for its lease.
    /// </summary>
    private static async Task<TimeSpan> KillBoth(Service service, WorkerProcess worker, string node)
    {
        var agent = worker.Agent;
        var killed = TimeProvider.System.GetUtcNow();
        Signals.Send(worker.Supervisor, Signals.Kill);
        Signals.Send(agent, Signals.Kill);
        Match? told = null;
        await Until.Holds($"{node} is noticed to be lost", NoticeLimit,
            () => Task.FromResult((told = Regex.Match(service.Log, $"([^ \\n]+) [^\\n]*Node {node} lost its command stream")).Success));
        return DateTimeOffset.Parse(told!.Groups[1].Value, CultureInfo.InvariantCulture) - killed;
    }

    private static DateTimeOffset Time(JsonNode task, string name) => (DateTimeOffset)task[name]!;

    private static async Task<JsonNode[]> Run(Service service, int count, string command)
    {
        var ids = await Task.WhenAll(Enumerable.Range(0, count).Select(_ => service.Submit(command)));
        return await Task.WhenAll(ids.Select(service.Ended));
    }
}
