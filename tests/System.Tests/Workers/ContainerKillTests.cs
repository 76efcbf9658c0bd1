using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.Workers;

/// <summary>
/// Kill -9 of workers, supervisors, container engines and first processes while containers and sandboxes are pulled
/// for, start, run and end: nothing of them may be left. A few kills by default; <c>make campaign-containers</c> has 500.
/// </summary>
[Trait("Needs", "containers")]
public sealed class ContainerKillTests : DataFolders
{
    private const string ProofImage = "localhost/orleanstasks-proof:1";
    private const int TasksOfEngineKills = 4;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan LongestStart = TimeSpan.FromSeconds(1.5);
    private static readonly string[] OwnerKills = ["both", "supervisor", "worker"];
    private static readonly string[] EngineKills = ["podman", "conmon", "init", "podman", "conmon", "init", "init of a sandbox"];
    private static readonly int Kills = Number("OTASK_CONTAINER_KILLS", 5);
    private static readonly int Seed = Number("OTASK_CONTAINER_SEED", RandomNumberGenerator.GetInt32(1_000_000_000));

    private readonly Random random = new(Seed);
    private readonly SortedDictionary<string, int> killed = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, int> reasons = new(StringComparer.Ordinal);
    private readonly List<string> tasks = [];
    private ContainerStorage storage = null!;
    private TcpListener registry = null!;
    private WorkerProcess worker = null!;
    private string master = "";
    private bool hasSandboxes;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Kill_OfWhateverHoldsContainers_LeavesNothing()
    {
        var tried = await Finished.Run(Path.Combine(BuiltPrograms.Repository, "build/has-containers.sh"));
        Assert.SkipUnless(tried.ExitCode == 0, $"no containers here: {tried.Errors}");
        TestContext.Current.TestOutputHelper?.WriteLine($"OTASK_CONTAINER_SEED={Seed}");
        storage = new(In("storage"));
        // It accepts connections and never answers, so a pull from it lasts until somebody ends it.
        using var silent = registry = new(IPAddress.Loopback, 0);
        registry.Start();
        await using var service = await Service.Start(Data, "--slots", "0", "--lease", "10s");
        master = service.Grpc;
        await Launch();
        var done = 0;
        try
        {
            while (killed.Values.Sum() < Kills)
            {
                await Round(service, OwnerKills[(Seed + done) % OwnerKills.Length]);
                done++;
            }

            Assert.True(storage.Noted >= done, $"Only {storage.Noted} containers in {done} rounds.");
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            throw new InvalidOperationException($"Seed {Seed}, round {done}:\n{worker.Log}", failure);
        }
        finally
        {
            await worker.DisposeAsync();
            await storage.Clear();
        }

        await CampaignEvidence.Write(
            "OTASK_CONTAINER_EVIDENCE",
            "kill -9 of workers, supervisors, engines and first processes while containers are pulled for, start, run and end",
            new JsonObject
            {
                ["seed"] = Seed,
                ["kills"] = killed.Values.Sum(),
                ["ofWhat"] = Counts(killed),
                ["roundsThatLeftNothing"] = done,
                ["containers"] = storage.Noted,
                ["endsOfTasks"] = Counts(reasons),
            });
    }

    /// <summary>
    /// Kills what runs some tasks, then the worker, the supervisor or both while others are at some stage of theirs.
    /// </summary>
    private async Task Round(Service service, string owner)
    {
        await IsolatesByContainers(service);
        // The last one is a sandbox's.
        var most = EngineKills.Length - (hasSandboxes ? 0 : 1);
        var targets = Enumerable.Range(0, TasksOfEngineKills).Select(_ => EngineKills[random.Next(most)]).ToArray();
        List<string> open = [];
        foreach (var target in targets)
            open.Add(await Submit(service, Spec("sleep 600", isSandbox: target == "init of a sandbox")));
        await Task.WhenAll(targets.Zip(open, (target, id) => KillPart(target, id, random.NextDouble() * LongestStart)));

        open.Add(await Submit(service, Pulling()));
        open.Add(await Submit(service, Spec("sleep 600", isSandbox: false)));
        for (var i = 0; i < 2; i++)
        {
            var seconds = random.NextDouble().ToString("F2", CultureInfo.InvariantCulture);
            open.Add(await Submit(service, Spec($"sleep {seconds}; echo over", isSandbox: false)));
        }

        await Task.Delay(random.NextDouble() * LongestStart, TimeProvider.System, Cancellation);
        storage.Note();
        await KillOwner(owner);
        await IsolatesByContainers(service);
        foreach (var id in open)
            using (await service.Http.PostAsync($"/api/v1/tasks/{id}/cancel", null, Cancellation)) { }
        foreach (var id in open)
        {
            var ended = await service.Ended(id);
            Count(reasons, (string?)ended["reason"] ?? (string)ended["state"]!);
        }

        await NothingIsLeft(service);
        tasks.Clear();
    }

    private async Task KillPart(string target, string id, TimeSpan after)
    {
        var (pid, name) = (0, (string?)null);
        await Until.Holds($"there is {target} of task {id}", Patience, () =>
        {
            var marked = MarkedProcesses.With($"TASK_ID={id}");
            name ??= marked.Select(MarkedProcesses.ContainerOf).FirstOrDefault(static found => found is not null);
            // conmon has the container's name, but not the marks.
            if (target == "conmon")
                marked = name is null ? [] : MarkedProcesses.With(name);
            pid = marked.FirstOrDefault(one =>
                target.StartsWith("init", StringComparison.Ordinal) ? MarkedProcesses.IsFirst(one) : MarkedProcesses.IsNamed(one, target));
            return Task.FromResult(pid > 0);
        }, () => string.Join('\n', MarkedProcesses.With($"TASK_ID={id}").Select(MarkedProcesses.Describe)));
        await Task.Delay(after, TimeProvider.System, Cancellation);
        storage.Note();
        if (Signals.Send(pid, Signals.Kill))
            lock (killed)
                Count(killed, target);
    }

    private async Task KillOwner(string owner)
    {
        var (agent, supervisor) = (worker.Agent, worker.Supervisor);
        // Before the supervisor, which would start another one.
        if (owner is "both")
            Signals.Send(supervisor, Signals.Stop);
        if (owner is "both" or "worker")
            Signals.Send(agent, Signals.Kill);
        if (owner is "both" or "supervisor")
            Signals.Send(supervisor, Signals.Kill);
        Count(killed, owner == "both" ? "worker and supervisor" : owner);
        await Until.Holds("the killed worker is gone", Patience, () => Task.FromResult(Signals.IsGone(agent)), () => worker.Log);
        // Without its worker, a supervisor kills what the worker ran, and ends.
        await worker.DisposeAsync();
        await Launch();
    }

    private async Task NothingIsLeft(Service service)
    {
        List<string> left = [];
        await Until.Holds("nothing is left", Patience, async () =>
        {
            int[] known = [Environment.ProcessId, worker.Agent, worker.Supervisor, service.Agent, service.Supervisor];
            left =
            [
                .. MarkedProcesses.With(In("storage"), known).Concat(tasks.SelectMany(id => MarkedProcesses.With($"TASK_ID={id}", known)))
                    .Select(MarkedProcesses.Describe),
                .. Directory.EnumerateFileSystemEntries(Path.Combine(worker.Data, "work")).Select(static path => "in the work folder: " + path),
            ];
            if (left.Count == 0)
                left = await storage.Left();
            return left.Count == 0;
        }, () => string.Join('\n', left) + "\n" + worker.Log);
    }

    private async Task Launch()
    {
        worker = WorkerProcess.Launch(
            BuiltPrograms.Worker,
            ["--master", master, "--name", "w1", "--data", In("w1"), "--slots", "8", "--sandbox-allow", "/usr"],
            "w1", In("w1"), storage.Environment);
        await worker.Started();
    }

    // Every second one has a memory limit, with which the engine leaves it to the worker to remove the container.
    private JsonObject Spec(string command, bool isSandbox)
    {
        var spec = new JsonObject
        {
            ["cmd"] = command,
            ["isolation"] = isSandbox ? "sandbox" : Container(ProofImage, "never"),
            ["retry"] = new JsonObject { ["onNodeLost"] = false },
            ["killGrace"] = "0s",
        };
        if (random.Next(2) == 0)
            spec["limits"] = new JsonObject { ["memoryBytes"] = 256 << 20 };
        return spec;
    }

    private JsonObject Pulling()
    {
        var spec = Spec("true", isSandbox: false);
        spec["isolation"] = Container($"{registry.LocalEndpoint}/otask/never:1", "always");
        return spec;
    }

    // The image is empty, so its containers use the machine's programs.
    private static JsonObject Container(string image, string pull) => new()
    {
        ["kind"] = "container",
        ["image"] = image,
        ["pull"] = pull,
        ["mounts"] = new JsonArray(
        [
            .. ((string[])["/usr", "/bin", "/lib", "/lib64"]).Where(Directory.Exists)
                .Select(static path => new JsonObject { ["from"] = path, ["readOnly"] = true }),
        ]),
    };

    private async Task<string> Submit(Service service, JsonObject spec)
    {
        using var answer = await service.Post("/api/v1/tasks", spec);
        var body = await answer.Content.ReadAsStringAsync(Cancellation);
        Assert.True(answer.IsSuccessStatusCode, body);
        var id = (string)JsonNode.Parse(body)!["id"]!;
        tasks.Add(id);
        return id;
    }

    private Task IsolatesByContainers(Service service) =>
        Until.Holds("the node runs containers", Patience, async () =>
        {
            var nodes = JsonNode.Parse(await service.Http.GetStringAsync("/api/v1/nodes", Cancellation))!["items"]!.AsArray();
            var isolates = nodes.Where(static node => (string?)node!["state"] == "ready")
                .SelectMany(static node => node!["isolates"]!.AsArray()).Select(static kind => (string?)kind).ToArray();
            hasSandboxes = isolates.Contains("sandbox");
            return isolates.Contains("container");
        }, () => worker.Log);

    private static int Number(string variable, int standard) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : standard;

    private static void Count(SortedDictionary<string, int> counts, string what) => counts[what] = counts.GetValueOrDefault(what) + 1;

    private static JsonObject Counts(SortedDictionary<string, int> counts) =>
        new(counts.Select(static one => KeyValuePair.Create(one.Key, (JsonNode?)one.Value)));
}
