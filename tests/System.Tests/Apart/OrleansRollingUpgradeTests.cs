using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using OrleansTasks.System.Tests.Running;
using OrleansTasks.System.Tests.Workers;
using OrleansTasks.Tests.Postgres;

namespace OrleansTasks.System.Tests.Apart;

/// <summary>
/// A cluster under load whose silos, gateways and workers are replaced one by one. <c>make rolling-upgrade BASE=COMMIT</c> starts it with
/// the programs of another commit, replaces them by these and goes back again; otherwise one of each kind is replaced by itself.
/// </summary>
[Trait("Needs", "postgres")]
public sealed class OrleansRollingUpgradeTests : DataFolders
{
    private static readonly string? Base = Environment.GetEnvironmentVariable("OTASK_BASE_PROGRAMS") is { Length: > 0 } folder ? folder : null;

    // How many silos, gateways and workers are replaced.
    private static readonly int Replaced = Base is null ? 1 : 2;

    // How many more tasks are accepted before the next part is replaced.
    private static readonly int Between = Campaign.Number("OTASK_UPGRADE_BETWEEN", 20);

    [Fact]
    public async Task EveryPartReplacedUnderLoad_FailsNoSubmissionLosesNothingAndRunsNothingTwice()
    {
        var next = new Programs(BuiltPrograms.Bin, BuiltPrograms.Flavour);
        var before = Base is null ? next : new Programs(Base, "release");
        using var server = new PostgresServer();
        await using var cluster = new RollingCluster(server.ConnectionString("postgres"), In);
        await cluster.Start(before);
        var load = new RollingLoad(cluster.Gateways, In("journal"));
        var steps = new JsonObject();
        using var stop = new CancellationTokenSource();
        var sending = load.Send(stop.Token);
        try
        {
            await Replace(cluster, next, "up", load, steps);
            await cluster.CheckVersions(next.Version);
            if (Base is not null)
                await Replace(cluster, before, "back", load, steps);
        }
        catch (Exception fault) when (fault is not OperationCanceledException)
        {
            throw new InvalidOperationException(cluster.Logs, fault);
        }
        finally
        {
            await stop.CancelAsync();
            await sending;
        }

        await load.AllEnded();
        await ClusterRig.CheckEnds(server.ConnectionString("postgres"), load.Acknowledged.Keys);
        load.CheckJournal();
        Assert.Empty(load.Failures);
        // A machine that has much else to do may need more than the 10 s after which a gateway answers 504.
        Assert.True(Base is null || load.Unknown == 0, $"{load.Unknown} outcomes were unknown");
        await Keep(before, next, load, steps);
    }

    private static async Task Replace(RollingCluster cluster, Programs by, string direction, RollingLoad load, JsonObject steps)
    {
        for (var number = 0; number < Replaced; number++)
            await Step($"silo {number + 1}", () => cluster.ReplaceSilo(number, by));
        for (var number = 0; number < Replaced; number++)
            await Step($"gateway {number + 1}", () => cluster.ReplaceGateway(number, by));
        for (var number = 0; number < Replaced; number++)
            await Step($"worker {number + 1}", () => cluster.ReplaceWorker(number, by));

        async Task Step(string part, Func<Task> replace)
        {
            await load.Accepts(Between);
            var began = TimeProvider.System.GetTimestamp();
            await replace();
            steps[$"{direction}, {part}"] = Math.Round(TimeProvider.System.GetElapsedTime(began).TotalMilliseconds);
            await load.Accepts(Between);
        }
    }

    private static async Task Keep(Programs before, Programs next, RollingLoad load, JsonObject steps)
    {
        var found = new JsonObject
        {
            ["base"] = Environment.GetEnvironmentVariable("OTASK_BASE_COMMIT"),
            ["baseVersion"] = before.Version,
            ["version"] = next.Version,
            ["acknowledged"] = load.Acknowledged.Count,
            ["longTasks"] = load.LongTasks,
            ["failed"] = load.Failures.Count,
            ["repeatedAfter503"] = load.Repeated,
            ["repeatedAfter504"] = load.Unknown,
            ["repeatedAtTheOtherGateway"] = load.Moved,
            ["lost"] = 0,
            ["endedTwice"] = 0,
            ["ranTwice"] = 0,
            ["acceptedMs"] = Campaign.Figures(load.Accepted),
            ["replacedMs"] = steps,
        };
        Campaign.Tell(found.ToJsonString());
        await CampaignEvidence.Write(
            "OTASK_UPGRADE_EVIDENCE", "silos, gateways and workers of a cluster replaced one by one under load, and back", found);
    }
}

/// <summary>The programs of a build.</summary>
/// <param name="Bin">The folder that has a folder for each project.</param>
/// <param name="Flavour">Release or debug, as folders are named.</param>
internal sealed record Programs(string Bin, string Flavour)
{
    public string Silo => Of("Silo", "OrleansTasks.Silo");

    public string Gateway => Of("Client", "OrleansTasks.Client");

    public string Worker => Of("Worker", "OrleansTasks.Worker");

    public string Version => FileVersionInfo.GetVersionInfo(Silo + ".dll").ProductVersion!.Split('+')[0];

    private string Of(string project, string program) => Path.Combine(Bin, project, Flavour, program);
}

/// <summary>Two silos, two gateways and two workers, each of which is replaced by one of another build in its place.</summary>
internal sealed class RollingCluster(string database, Func<string, string> folder) : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);
    private readonly HttpClient http = new();
    private readonly string[] grpc = [RestartAddress.Next(), RestartAddress.Next()];
    private readonly string[] peers = [RestartAddress.Next(), RestartAddress.Next()];
    private readonly string[] gateways = [RestartAddress.Next(), RestartAddress.Next()];
    private readonly Service[] silos = new Service[2];
    private readonly Service[] fronts = new Service[2];
    private readonly WorkerProcess[] workers = new WorkerProcess[2];

    /// <summary>Where the gateways are, whichever build they have.</summary>
    public IReadOnlyList<Uri> Gateways => [.. gateways.Select(static place => new Uri($"http://{place}"))];

    /// <summary>The last that each process printed.</summary>
    public string Logs => string.Join("\n---\n", silos.Concat(fronts).Select(static part => part.Log).Concat(workers.Select(static worker => worker.Log))
        .Select(static log => string.Join('\n', log.Split('\n').TakeLast(25).Select(static line => line[..Math.Min(line.Length, 250)]))));

    public async Task Start(Programs programs)
    {
        for (var number = 0; number < 2; number++)
            await StartSilo(number, programs);
        for (var number = 0; number < 2; number++)
        {
            await StartGateway(number, programs);
            Install(number, programs);
            string[] masters = [.. grpc.SelectMany(static place => (string[])["--master", place])];
            workers[number] = WorkerProcess.Launch(
                folder($"program{number}"), [.. masters, "--name", $"w{number}", "--data", folder($"w{number}"), "--slots", "8"],
                $"w{number}", folder($"w{number}"));
            await workers[number].Started();
        }
    }

    public async Task ReplaceSilo(int number, Programs by)
    {
        await ClusterRig.End(silos[number]);
        await silos[number].DisposeAsync();
        await StartSilo(number, by);
        await Until.Holds("both silos are members", Limit, async () =>
        {
            using var answer = await http.GetAsync(new Uri(Gateways[0], "/api/v1/cluster"));
            return answer.IsSuccessStatusCode && JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["silos"]!.AsArray()
                .Count(static silo => (string?)silo!["state"] == "Active") == 2;
        });
    }

    public async Task ReplaceGateway(int number, Programs by)
    {
        await ClusterRig.End(fronts[number]);
        await fronts[number].DisposeAsync();
        await StartGateway(number, by);
    }

    /// <summary>Upgrades a worker, whose tasks go on.</summary>
    public async Task ReplaceWorker(int number, Programs by)
    {
        var worker = workers[number];
        var count = Upgrades(worker);
        Install(number, by);
        worker.Send(Signals.User2);
        await Until.Holds($"the worker is upgraded\n{worker.Log}", Limit, () => Task.FromResult(Upgrades(worker) > count));
        await Until.Holds("worker and supervisor run the other program", Limit, () => Task.FromResult(
            new[] { worker.Agent, worker.Supervisor }.All(process => ProgramOf(process) == by.Worker)));
    }

    /// <summary>Checks that each silo, gateway and worker says that it has this version.</summary>
    public async Task CheckVersions(string version)
    {
        foreach (var front in fronts)
        {
            var page = JsonNode.Parse(await front.Http.GetStringAsync("/api/v1/cluster"))!;
            Assert.Equal(version, (string?)page["versions"]!["service"]);
            Assert.Equal([version, version], page["silos"]!.AsArray().Where(static silo => (string?)silo!["state"] == "Active")
                .Select(static silo => (string?)silo!["version"]));
            await Until.Holds($"both workers have version {version}", Limit, async () =>
                JsonNode.Parse(await front.Http.GetStringAsync("/api/v1/nodes"))!["items"]!.AsArray()
                    .Count(node => (string?)node!["version"] == version) == 2);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var worker in workers)
            if (worker is not null)
                await worker.DisposeAsync();
        foreach (var part in fronts.Concat(silos))
            if (part is not null)
                await part.DisposeAsync();
        http.Dispose();
    }

    private static int Upgrades(WorkerProcess worker) => worker.Log.Split("worker node upgraded").Length;

    /// <summary>The file of a process's program; null while the process is replacing it, or is gone.</summary>
    private static string? ProgramOf(int process)
    {
        try
        {
            return File.ResolveLinkTarget($"/proc/{process}/exe", returnFinalTarget: false)?.FullName;
        }
        catch (IOException)
        {
            return null;
        }
    }

    private async Task StartSilo(int number, Programs programs)
    {
        var data = folder($"silo{number}");
        silos[number] = await Service.Start(programs.Silo, [
            "--data", data, "--db", database, "--listen", "127.0.0.1:0", "--peer-port", peers[number].Split(':')[1], "--grpc", grpc[number],
            "--health", "127.0.0.1:0"], data);
        await Until.Holds("the silo is ready", Limit, async () =>
        {
            using var ready = await http.GetAsync(new Uri(silos[number].Health!, "/readyz"));
            return ready.IsSuccessStatusCode;
        });
    }

    private async Task StartGateway(int number, Programs programs) =>
        fronts[number] = await Service.Start(programs.Gateway, ["--http", gateways[number], "--db", database], "");

    // As a package does: a link that the worker was started by.
    private void Install(int number, Programs programs)
    {
        File.CreateSymbolicLink(folder("next"), programs.Worker);
        File.Move(folder("next"), folder($"program{number}"), overwrite: true);
    }
}

/// <summary>
/// Four senders that submit a task after the other, each to a gateway and then to the other one. A request that was answered with 503
/// or with 504 (outcome unknown), or whose gateway is gone, is repeated at the other gateway under the same key.
/// </summary>
internal sealed class RollingLoad(IReadOnlyList<Uri> gateways, string journal)
{
    private const int Senders = 4;
    private const int LongEvery = 40;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(40);
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);
    private readonly HttpClient http = new() { Timeout = Limit };
    private int submitted;
    private int repeated;
    private int unknown;
    private int moved;

    /// <summary>The ids that were answered with 202.</summary>
    public ConcurrentDictionary<string, bool> Acknowledged { get; } = new();

    /// <summary>Submissions that were neither accepted nor answered with 503 or 504.</summary>
    public ConcurrentQueue<string> Failures { get; } = new();

    /// <summary>For each submission, the milliseconds until it was accepted, repetitions included.</summary>
    public ConcurrentQueue<double> Accepted { get; } = new();

    /// <summary>How many requests were repeated because they were answered with 503.</summary>
    public int Repeated => repeated;

    /// <summary>How many requests were repeated because the outcome was unknown (504).</summary>
    public int Unknown => unknown;

    /// <summary>How many requests were repeated because their gateway was gone.</summary>
    public int Moved => moved;

    /// <summary>How many of the tasks run for five seconds; the others end at once.</summary>
    public int LongTasks => Acknowledged.Values.Count(static isLong => isLong);

    public Task Send(CancellationToken stop) => Task.WhenAll(Enumerable.Range(0, Senders).Select(async _ =>
    {
        while (!stop.IsCancellationRequested)
        {
            await Submit(Interlocked.Increment(ref submitted));
            await Task.Delay(Pause, TimeProvider.System, CancellationToken.None);
        }
    }));

    /// <summary>Waits until so many more tasks have been accepted.</summary>
    public async Task Accepts(int more)
    {
        var goal = Acknowledged.Count + more;
        await Until.Holds($"{more} more tasks are accepted", Limit, () => Task.FromResult(Acknowledged.Count >= goal || !Failures.IsEmpty));
        Assert.Empty(Failures);
    }

    /// <summary>Waits until every acknowledged task has ended, and well, in its first attempt.</summary>
    public Task AllEnded() => Parallel.ForEachAsync(Acknowledged.Keys, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (id, cancellation) =>
    {
        var task = JsonNode.Parse(await http.GetStringAsync(new Uri(gateways[0], $"/api/v1/tasks/{id}?wait=50s"), cancellation))!;
        Assert.True(((string?)task["state"], (int)task["attempt"]!) == ("succeeded", 1), $"{task}");
    });

    /// <summary>Checks that the command of every acknowledged task ran, and each command once.</summary>
    public void CheckJournal()
    {
        var runs = File.ReadAllLines(journal).GroupBy(static id => id).ToDictionary(static task => task.Key, static task => task.Count());
        Assert.DoesNotContain(Acknowledged.Keys, id => !runs.ContainsKey(id));
        Assert.All(runs, task => Assert.True(task.Value == 1 && Acknowledged.ContainsKey(task.Key), $"{task}"));
    }

    private async Task Submit(int number)
    {
        var isLong = number % LongEvery == 0;
        var body = new JsonObject { ["cmd"] = $"echo $TASK_ID >> {journal}{(isLong ? "; sleep 5" : "")}" }.ToJsonString();
        var key = Guid.NewGuid().ToString();
        var began = TimeProvider.System.GetTimestamp();
        for (var gateway = number; ; gateway++)
        {
            try
            {
                using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(gateways[gateway % gateways.Count], "/api/v1/tasks"));
                request.Content = new StringContent(body, Encoding.UTF8, "application/json");
                request.Headers.Add("Idempotency-Key", key);
                using var answer = await http.SendAsync(request);
                var text = await answer.Content.ReadAsStringAsync();
                if (answer.StatusCode == HttpStatusCode.Accepted)
                {
                    Acknowledged[(string)JsonNode.Parse(text)!["id"]!] = isLong;
                    Accepted.Enqueue(TimeProvider.System.GetElapsedTime(began).TotalMilliseconds);
                    return;
                }

                if (answer.StatusCode is not (HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout))
                {
                    Failures.Enqueue($"{(int)answer.StatusCode}: {text}");
                    return;
                }

                Interlocked.Increment(ref answer.StatusCode == HttpStatusCode.ServiceUnavailable ? ref repeated : ref unknown);
            }
            catch (HttpRequestException)
            {
                Interlocked.Increment(ref moved);
            }

            if (TimeProvider.System.GetElapsedTime(began) > Limit)
            {
                Failures.Enqueue($"not accepted within {Limit}");
                return;
            }

            await Task.Delay(Pause, TimeProvider.System);
        }
    }
}
