using System.Globalization;
using System.Text.Json.Nodes;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.Workers;

/// <summary>Workers that die by kill -9 or stand still by SIGSTOP: what they ran runs elsewhere, soon, and only there counts.</summary>
public sealed class LossTests : DataFolders
{
    private static readonly int Rounds = Campaign.Number("OTASK_WORKERS_LOSSES", 3);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly List<double> killed = [];
    private readonly List<double> stopped = [];
    private int staleWrites;
    private int survivors;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task WorkerLost_ItsTasksRunElsewhereAndTheZombieChangesNothing()
    {
        await using var service = await Service.Start(Data, "--slots", "0");
        await using var rest = await WorkerProcess.Start(service, "rest", In("rest"), "--slots", "8", "--label", "dies=1", "--label", "stands=1");
        await using var stands = await WorkerProcess.Start(service, "stands", In("stands"), "--slots", "2", "--label", "stands=1");
        for (var round = 1; round <= Rounds; round++)
            await Round(service, stands, round);

        Assert.Equal((0, 0), (staleWrites, survivors));
        await Campaign.Keep("losses", new JsonObject
        {
            ["rounds"] = Rounds,
            ["killToRunningElsewhereMs"] = Campaign.Figures(killed),
            ["standstillToRunningElsewhereMs"] = Campaign.Figures(stopped),
            ["staleWritesAccepted"] = staleWrites,
            ["processesLeft"] = survivors,
        });
        Campaign.Check("killed, running elsewhere", killed, goal: 2_000);
        Campaign.Check("standing still, running elsewhere", stopped, goal: 12_000);
    }

    private async Task Round(Service service, WorkerProcess stands, int round)
    {
        await using var dies = await WorkerProcess.Start(service, "dies", In("dies"), "--slots", "1", "--label", "dies=1");
        await Put(service, "/api/v1/nodes/rest/drain");
        var (first, zombie, quick) = ($"{round}-first", $"{round}-zombie", $"{round}-quick");
        var onDies = await Submit(service, "dies", first, "exec sleep 1000");
        var forEver = await Submit(service, "stands", zombie, "exec sleep 1000");
        // It ends while its agent stands still, which therefore has a stale result to tell when it goes on.
        var ends = await Submit(service, "stands", quick, "sleep 3; echo stale");
        foreach (var name in (string[])[first, zombie, quick])
            await Until.Holds($"{name} runs", Patience, () => Task.FromResult(File.Exists(In($"{name}.1"))));
        await Put(service, "/api/v1/nodes/rest/resume");

        var stoppedAt = Now();
        Signals.Send(stands.Supervisor, Signals.Stop);
        Signals.Send(stands.Agent, Signals.Stop);
        var killedAt = Now();
        Signals.Send(dies.Agent, Signals.Kill);

        await Ended(service, onDies);
        killed.Add(await StartOf(first, 2) - killedAt);
        Assert.Equal(128 + Signals.Kill, await dies.End());
        Count(ref survivors, Lives(await ProcessOf(first)));
        await Ended(service, forEver);
        await Ended(service, ends);
        stopped.Add(await StartOf(zombie, 2) - stoppedAt);
        stopped.Add(await StartOf(quick, 2) - stoppedAt);

        Signals.Send(stands.Agent, Signals.Continue);
        Signals.Send(stands.Supervisor, Signals.Continue);
        var process = await ProcessOf(zombie);
        await Until.Holds("the zombie's process is gone", Patience, () => Task.FromResult(!Lives(process)));
        await Until.Holds("the resumed worker is back", Patience,
            async () => (string?)JsonNode.Parse(await service.Http.GetStringAsync("/api/v1/nodes/stands", Cancellation))!["state"] == "ready");
        foreach (var id in (string[])[onDies, forEver, ends])
            await Check(service, id);
    }

    private async Task Check(Service service, string id)
    {
        var task = await service.Get(id);
        var output = await service.Http.GetStringAsync($"/api/v1/tasks/{id}/output/stdout", Cancellation);
        var attempts = JsonNode.Parse(await service.Http.GetStringAsync($"/api/v1/tasks/{id}/attempts", Cancellation))!["items"]!.AsArray();
        var isClean = ((string?)task["state"], (int)task["attempt"]!, (string?)task["node"], output) == ("succeeded", 2, "rest", "elsewhere\n")
            && attempts.Count == 2 && attempts.Any(static a => (int)a!["attempt"]! == 1 && (string?)a["reason"] == "node-lost");
        Count(ref staleWrites, !isClean);
        Assert.True(isClean, $"{task}\n{output}\n{attempts}");
    }

    private async Task<string> Submit(Service service, string place, string name, string line)
    {
        using var response = await service.Post("/api/v1/tasks", new JsonObject
        {
            ["cmd"] = $"date +%s%N > {In(name)}.$TASK_ATTEMPT.new; echo $$ >> {In(name)}.$TASK_ATTEMPT.new; "
                + $"mv {In(name)}.$TASK_ATTEMPT.new {In(name)}.$TASK_ATTEMPT; "
                + $"if [ $NODE_ID = rest ]; then echo elsewhere; else {line}; fi",
            ["requires"] = new JsonObject { [place] = "1" },
        });
        Assert.Equal(202, (int)response.StatusCode);
        return (string)JsonNode.Parse(await response.Content.ReadAsStringAsync(Cancellation))!["id"]!;
    }

    private static async Task Ended(Service service, string id) => Assert.Equal("succeeded", (string?)(await service.Ended(id))["state"]);

    private async Task<double> StartOf(string name, int attempt) => long.Parse(
        (await File.ReadAllLinesAsync($"{In(name)}.{attempt}", Cancellation))[0], CultureInfo.InvariantCulture) / 1e6;

    private async Task<int> ProcessOf(string name) =>
        int.Parse((await File.ReadAllLinesAsync($"{In(name)}.1", Cancellation))[1], CultureInfo.InvariantCulture);

    private static async Task Put(Service service, string path)
    {
        using var response = await service.Http.PostAsync(path, null, Cancellation);
        Assert.True(response.IsSuccessStatusCode, $"{path}: {response.StatusCode}");
    }

    private static bool Lives(int process) => Signals.Send(process, 0);

    private static double Now() => (TimeProvider.System.GetUtcNow() - DateTimeOffset.UnixEpoch).TotalMilliseconds;

    private static void Count(ref int counter, bool happened) => counter += happened ? 1 : 0;
}
