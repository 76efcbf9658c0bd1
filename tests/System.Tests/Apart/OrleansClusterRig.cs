using System.Collections.Concurrent;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using OrleansTasks.Queues;
using OrleansTasks.Storage.Postgres;
using OrleansTasks.System.Tests.Running;
using OrleansTasks.Tasks;
using OrleansTasks.Tests.Postgres;

namespace OrleansTasks.System.Tests.Apart;

/// <summary>The silos of a cluster, each of which may be killed and started again in its place.</summary>
/// <param name="server">The database's server.</param>
/// <param name="folder">Gives a folder of a name.</param>
/// <param name="options">Options of all silos and gateways.</param>
internal sealed partial class ClusterRig(PostgresServer server, Func<string, string> folder, params string[] options) : IAsyncDisposable
{
    private static readonly TimeSpan ReadyLimit = TimeSpan.FromMinutes(1);
    private readonly HttpClient http = new();
    private readonly string[] workers = [RestartAddress.Next(), RestartAddress.Next()];

    /// <summary>The silos that were started last.</summary>
    public Service[] Silos { get; } = new Service[2];

    /// <summary>The silo that owns the queue <c>default</c>, by what a gateway says.</summary>
    public async Task<int> Owner(Service gateway)
    {
        var owner = -1;
        await Until.Holds("a silo owns the queue", ReadyLimit, async () =>
        {
            var active = await Active(gateway);
            var name = active.FirstOrDefault(Owns)?["name"];
            owner = name is null ? -1 : NumberOf((string)name!);
            return active.Length == Silos.Length && owner >= 0;
        });
        return owner;

        static bool Owns(JsonNode silo) =>
            silo["queues"] is JsonArray queues && queues.Any(static queue => (string?)queue == QueueSettings.DefaultQueue);
    }

    /// <summary>The ports at which silos meet; those of silos that are not named are any free ones.</summary>
    public IReadOnlyList<string> PeerPorts { get; init; } = [];

    /// <summary>Environment variables of a silo.</summary>
    public Func<int, (string Name, string Value)[]> EnvironmentOf { get; init; } = static _ => [];

    /// <summary>Where workers connect, at each silo.</summary>
    public IReadOnlyList<string> Workers => workers;

    /// <summary>The cluster's name, as its silos print it.</summary>
    public string Name => ClusterName().Match(Silos[0].Log).Groups[1].Value;

    /// <summary>How to connect to the database.</summary>
    public string Database { get; init; } = server.ConnectionString("postgres");

    /// <summary>How each silo connects to the database, if not as the gateways do.</summary>
    public Func<int, string>? DatabaseOf { get; init; }

    /// <summary>Starts a silo, or the next one in its place.</summary>
    public async Task StartSilo(int number)
    {
        if (Silos[number] is { } before)
            await before.DisposeAsync();
        string[] peerPort = number < PeerPorts.Count ? ["--peer-port", PeerPorts[number]] : [];
        string[] arguments =
        [
            "--db", DatabaseOf?.Invoke(number) ?? Database, "--grpc", workers[number], "--health", "127.0.0.1:0", .. peerPort, .. options,
        ];
        Silos[number] = await Service.StartSilo(folder($"silo{number}"), EnvironmentOf(number), arguments);
        await Until.Holds("the silo is ready", ReadyLimit, async () =>
        {
            using var ready = await http.GetAsync(new Uri(Silos[number].Health!, "/readyz"));
            return ready.IsSuccessStatusCode;
        });
    }

    /// <summary>Stops every process of a silo without its knowledge, as a paused virtual machine would.</summary>
    public void Freeze(int number) => SignalAll(number, Signals.Stop);

    /// <summary>Lets a frozen silo go on. It finds itself declared dead, and must end itself.</summary>
    public async Task Thaw(int number)
    {
        SignalAll(number, Signals.Continue);
        Assert.NotEqual(0, await Silos[number].End(ReadyLimit));
    }

    /// <summary>Tells a silo to end, and starts the next one in its place.</summary>
    public async Task Restart(int number)
    {
        await End(Silos[number]);
        await StartSilo(number);
    }

    /// <summary>Tells a silo to end, and waits until it has ended as it should.</summary>
    public static async Task End(Service silo)
    {
        silo.Terminate();
        Assert.Equal(0, await silo.End());
    }

    /// <summary>Starts a gateway that finds the silos by the database.</summary>
    public Task<Service> StartGateway() =>
        Service.Start(BuiltPrograms.Client, ["--http", "127.0.0.1:0", "--db", Database, .. options], "");

    /// <summary>How many silos a gateway lists as active.</summary>
    public static async Task<int> CountActive(Service gateway) => (await Active(gateway)).Length;

    /// <summary>Checks by the stored events that each of these tasks, and every other one, has ended once.</summary>
    public Task CheckEnds(IEnumerable<string> acknowledged) => CheckEnds(Database, acknowledged);

    /// <summary>Checks the same in any database.</summary>
    public static async Task CheckEnds(string connection, IEnumerable<string> acknowledged)
    {
        await using var database = await PostgresDatabase.Open(
            new PostgresStorageOptions { ConnectionString = connection }, TimeProvider.System);
        var records = await new PostgresTaskStore(database)
            .ReadEvents(QueueSettings.DefaultQueue, 0, 1_000_000);
        var ends = records.SelectMany(static record => record.Entries).Where(static entry => entry.State.IsFinal())
            .GroupBy(static entry => entry.Task.ToString())
            .ToDictionary(static task => task.Key, static task => task.Count());
        Assert.DoesNotContain(acknowledged, id => !ends.ContainsKey(id));
        Assert.All(ends, static task => Assert.Equal(1, task.Value));
    }

    /// <summary>Does something; if it fails, adds the last that the processes printed.</summary>
    public async Task<T> Explain<T>(Func<Task<T>> act, Service? gateway = null, WorkerProcess? worker = null)
    {
        try
        {
            return await act();
        }
        catch (Exception failure)
        {
            throw new InvalidOperationException(string.Join(
                "\n---\n", new[] { gateway?.Log, Silos[0].Log, Silos[1].Log, worker?.Log }.OfType<string>().Select(Last)), failure);
        }
    }

    private static async Task<JsonNode[]> Active(Service gateway)
    {
        var cluster = JsonNode.Parse(await gateway.Http.GetStringAsync("/api/v1/cluster"))!;
        return [.. cluster["silos"]!.AsArray().OfType<JsonNode>().Where(static silo => (string?)silo["state"] == "Active")];
    }

    private int NumberOf(string silo) =>
        Array.FindIndex(Silos, own => own.Silo[own.Silo.LastIndexOf(':')..] == silo[silo.LastIndexOf(':')..]);

    private void SignalAll(int number, int signal)
    {
        foreach (var process in (int[])[Silos[number].Agent, Silos[number].Supervisor])
            Assert.True(Signals.Send(process, signal));
    }

    private static string Last(string log) =>
        string.Join('\n', log.Split('\n').TakeLast(25).Select(static line => line[..Math.Min(line.Length, 250)]));

    public async ValueTask DisposeAsync()
    {
        foreach (var silo in Silos)
            if (silo is not null)
                await silo.DisposeAsync();
        http.Dispose();
    }

    [GeneratedRegex("member of cluster ([0-9a-f]{32})")]
    private static partial Regex ClusterName();
}

/// <summary>
/// Tasks that are submitted while silos die, and the journal in which each command writes that it ran.
/// </summary>
internal sealed class ClusterLoad(Service gateway, string journal)
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);
    private int released;

    /// <summary>The ids that were answered with 202.</summary>
    public ConcurrentDictionary<string, bool> Acknowledged { get; } = new();

    /// <summary>Submits a task that runs until <see cref="Release"/>, and waits until it runs.</summary>
    public async Task<string> SubmitRunning()
    {
        var gate = $"{journal}.{++released}";
        var id = await Accepted(Limit, $"touch {gate}; while [ -e {gate} ]; do sleep 0.1; done");
        await Until.Holds("the long task runs", Limit, () => Task.FromResult(File.Exists(gate)));
        return id;
    }

    /// <summary>Lets the task end that runs.</summary>
    public void Release(string id)
    {
        Assert.True(Acknowledged.ContainsKey(id));
        File.Delete($"{journal}.{released}");
    }

    /// <summary>
    /// Submits so many tasks by some senders, and does something meanwhile that is told how many were acknowledged.
    /// </summary>
    public async Task Send(int count, Func<Func<int>, Task> meanwhile)
    {
        var before = Acknowledged.Count;
        var left = count;
        var sending = Task.WhenAll(Enumerable.Range(0, 4).Select(async _ =>
        {
            while (Interlocked.Decrement(ref left) >= 0)
                await TrySubmit();
        }));
        await meanwhile(() => Acknowledged.Count - before);
        await sending;
    }

    /// <summary>Waits until a task is accepted; returns its id.</summary>
    public async Task<string> Accepted(TimeSpan limit, string more = "true")
    {
        string? id = null;
        await Until.Holds("a task is accepted", limit, async () => (id = await TrySubmit(more)) is not null);
        return id!;
    }

    /// <summary>
    /// Waits until a task that is submitted from now on has ended; returns the milliseconds until then.
    /// </summary>
    public async Task<double> Served(TimeSpan limit)
    {
        var began = TimeProvider.System.GetTimestamp();
        var id = await Accepted(limit);
        await Until.Holds("a task has ended", limit - TimeProvider.System.GetElapsedTime(began), async () =>
        {
            using var answer = await gateway.Http.GetAsync($"/api/v1/tasks/{id}");
            return answer.IsSuccessStatusCode
                && (string?)JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["state"] == "succeeded";
        });
        return TimeProvider.System.GetElapsedTime(began).TotalMilliseconds;
    }

    /// <summary>
    /// Submits one task after the other while something is done; returns the milliseconds that the slowest one took to
    /// end, from the first attempt to submit it.
    /// </summary>
    public async Task<double> Pause(Func<Task> act, TimeSpan limit)
    {
        var acting = act();
        var slowest = 0.0;
        do
            slowest = Math.Max(slowest, await Served(limit));
        while (!acting.IsCompleted);
        await acting;
        return slowest;
    }

    /// <summary>Waits until every acknowledged task has ended, and well.</summary>
    public async Task AllEnded()
    {
        foreach (var id in Acknowledged.Keys)
            Assert.Equal("succeeded", (string?)(await gateway.Ended(id))["state"]);
    }

    /// <summary>Checks that every acknowledged task's command ran, and ran once: its worker never died.</summary>
    public void CheckJournal()
    {
        var runs = File.ReadAllLines(journal).GroupBy(static id => id)
            .ToDictionary(static task => task.Key, static task => task.Count());
        Assert.DoesNotContain(Acknowledged.Keys, id => !runs.ContainsKey(id));
        Assert.All(runs, static task => Assert.Equal(1, task.Value));
    }

    private async Task<string?> TrySubmit(string more = "true")
    {
        using var answer = await gateway.Post(
            "/api/v1/tasks", new JsonObject { ["cmd"] = $"echo $TASK_ID >> {journal}; {more}" });
        if ((int)answer.StatusCode != 202)
            return null;
        var id = (string)JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["id"]!;
        Acknowledged[id] = true;
        return id;
    }
}

/// <summary>Keeps what a campaign of faults has found.</summary>
internal static class ClusterEvidence
{
    /// <summary>Writes it where <c>OTASK_CLUSTER_EVIDENCE</c> says.</summary>
    /// <param name="campaign">Which faults met which processes.</param>
    /// <param name="acknowledged">How many tasks were acknowledged; all have ended once, and ran once.</param>
    /// <param name="faults">By fault, the milliseconds for which tasks were held up.</param>
    public static async Task Keep(
        string campaign, int acknowledged, params (string Fault, List<double> Milliseconds)[] faults)
    {
        var evidence = new JsonObject
        {
            ["campaign"] = campaign,
            ["commit"] = Environment.GetEnvironmentVariable("OTASK_COMMIT"),
            ["at"] = TimeProvider.System.GetUtcNow().ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture),
            ["system"] = RuntimeInformation.OSDescription,
            ["cores"] = Environment.ProcessorCount,
            ["acknowledged"] = acknowledged,
            ["lost"] = 0,
            ["endedTwice"] = 0,
            ["ranTwice"] = 0,
        };
        foreach (var (fault, milliseconds) in faults.Where(static fault => fault.Milliseconds.Count > 0))
            evidence[fault] = Spread(milliseconds);
        TestContext.Current.TestOutputHelper?.WriteLine(evidence.ToJsonString());
        if (Environment.GetEnvironmentVariable("OTASK_CLUSTER_EVIDENCE") is { Length: > 0 } file)
            await File.WriteAllTextAsync(file, evidence.ToJsonString(new() { WriteIndented = true }) + "\n");
    }

    private static JsonObject Spread(List<double> times)
    {
        var ordered = times.Order().ToArray();
        return new JsonObject
        {
            ["count"] = ordered.Length,
            ["p50Ms"] = Math.Round(ordered[ordered.Length / 2]),
            ["maxMs"] = Math.Round(ordered[^1]),
            ["ms"] = new JsonArray([.. times.Select(static time => JsonValue.Create(Math.Round(time)))]),
        };
    }
}
