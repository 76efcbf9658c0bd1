using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using OrleansTasks.Dispatch;
using OrleansTasks.Files;
using OrleansTasks.Storage;
using OrleansTasks.Storage.Files;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.Durability;

/// <summary>
/// Kills processes with -9, in turn, while workers fetch inputs, while they send artifacts, and while tasks end.
/// Every task succeeds in
/// the end and has all of its artifacts, with the right bytes, from the attempt that ended it. No other attempt has
/// artifacts. A later
/// sweep leaves exactly what tasks name. By default three kills, one for each moment; <c>make campaign-files</c> has
/// a hundred.
/// </summary>
public abstract class FileKillTests : DataFolders
{
    private const int AtOnce = 6;
    private const int InputBytes = 8_000_000;
    private const string WorkerAlone = "worker", WorkerWithSupervisor = "worker and supervisor";
    private static readonly int Kills = int.TryParse(
        Environment.GetEnvironmentVariable("OTASK_FILE_KILLS"), NumberStyles.None, CultureInfo.InvariantCulture,
            out var number) ? number : 3;

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);
    private readonly ConcurrentQueue<string> accepted = [];
    private WorkerProcess? worker;

    [Fact]
    public async Task Kills_WhileFilesMove_LoseNoneOfATaskThatSucceeded_AndTheSweepLeavesWhatIsNamed()
    {
        try
        {
            await KillAndCheck();
        }
        finally
        {
            if (worker is not null)
                await worker.DisposeAsync();
            await Discard();
        }
    }

    private async Task KillAndCheck()
    {
        await Begin();
        worker = await StartWorker();
        string[] victims = [WorkerAlone, .. Victims, WorkerWithSupervisor];
        var kills = new JsonArray();
        var named = new HashSet<string>();
        for (var kill = 0; kill < Kills; kill++)
        {
            var input = await Upload(kill);
            named.Add(input);
            await Task.WhenAll(Enumerable.Range(0, AtOnce).Select(_ => Submit(input)));
            var moment = await Reach(kill % 3);
            var victim = victims[kill % victims.Length];
            await KillOne(victim);
            kills.Add(new JsonObject { ["victim"] = victim, ["moment"] = moment });
        }

        foreach (var id in accepted)
            named.UnionWith(await CheckEnded(id));
        Assert.Equal(Kills * AtOnce, accepted.Count);
        await worker.DisposeAsync();
        worker = null;
        await End();
        await CheckStores(named);
        await CampaignEvidence.Write(EvidenceVariable, $"kill -9 while files move, {Place}", new JsonObject
        {
            ["kills"] = kills, ["tasks"] = accepted.Count, ["files"] = named.Count, ["incomplete"] = 0,
            ["ofOtherAttempts"] = 0, ["leftOver"] = 0,
        });
    }

    /// <summary>Where tasks and files are, for the evidence.</summary>
    protected abstract string Place { get; }

    /// <summary>The variable that names the file for the evidence.</summary>
    protected abstract string EvidenceVariable { get; }

    /// <summary>What can be killed besides the worker.</summary>
    protected abstract IReadOnlyList<string> Victims { get; }

    /// <summary>The gateway.</summary>
    private protected abstract Service Gateway { get; }

    /// <summary>Where workers connect.</summary>
    protected abstract string[] Masters { get; }

    /// <summary>Starts everything but the worker.</summary>
    protected abstract Task Begin();

    /// <summary>Kills one of <see cref="Victims"/>, and starts it again.</summary>
    protected abstract Task Kill(string victim);

    /// <summary>Ends everything but the store.</summary>
    protected abstract Task End();

    /// <summary>Ends what is left, whatever has happened.</summary>
    protected abstract Task Discard();

    /// <summary>Adds the stores, which no process uses any more.</summary>
    protected abstract void AddStores(IServiceCollection services);

    /// <summary>Whether the store has parts of a file that is not complete.</summary>
    protected abstract Task<bool> IsArriving();

    private Task<WorkerProcess> StartWorker() => WorkerProcess.Start(Masters, "w1", In("w1"), "--slots", "3");

    private async Task<string> Reach(int moment)
    {
        var ended = await CountEnded();
        var (name, isReached) = moment switch
        {
            0 => ("an artifact is on its way", IsArriving),
            1 => ("an input is on its way", () => Task.FromResult(IsFetching())),
            _ => ("a task has just ended", (Func<Task<bool>>)(async () => await CountEnded() > ended)),
        };
        await Until.Holds(name, Limit, isReached);
        return name;
    }

    // The worker has the input of the next round not yet, so it fetches it before the next task.
    private bool IsFetching()
    {
        var folder = Path.Combine(In("w1"), "cache", "new");
        return Directory.Exists(folder) && Directory.EnumerateFiles(folder).Any();
    }

    private async Task<int> CountEnded()
    {
        var count = 0;
        foreach (var id in accepted.TakeLast(AtOnce))
            count += (string?)(await Find(id))?["endedAt"] is null ? 0 : 1;
        return count;
    }

    // Null while the gateway cannot tell.
    private async Task<JsonNode?> Find(string id)
    {
        using var answer = await Gateway.Http.GetAsync($"/api/v1/tasks/{id}");
        return answer.IsSuccessStatusCode ? JsonNode.Parse(await answer.Content.ReadAsStringAsync()) : null;
    }

    private async Task KillOne(string victim)
    {
        if (victim is not (WorkerAlone or WorkerWithSupervisor))
        {
            await Kill(victim);
            return;
        }

        Signals.Send(worker!.Agent, Signals.Kill);
        if (victim == WorkerWithSupervisor)
            worker.Send(Signals.Kill);
        await worker.End();
        await worker.DisposeAsync();
        worker = await StartWorker();
    }

    private async Task<string> Upload(int round)
    {
        var bytes = new byte[InputBytes];
        new Random(round).NextBytes(bytes);
        var name = $"sha256:{Convert.ToHexStringLower(SHA256.HashData(bytes))}";
        await Until.Holds("the input is stored", Limit, async () =>
        {
            using var answer = await Gateway.Http.PutAsync($"/api/v1/files/{name}", new ByteArrayContent(bytes));
            return answer.IsSuccessStatusCode;
        });
        return name;
    }

    private async Task Submit(string input)
    {
        // The time during which everything is down is not the task's fault.
        var budget = new JsonObject { ["maxAttempts"] = 100, ["backoff"] = "500ms" };
        var spec = new JsonObject
        {
            ["cmd"] = "mkdir out; cp in out/in; echo $TASK_ATTEMPT > out/attempt; head -c 20000000 /dev/urandom "
                + "> out/large; sha256sum < out/large | cut -d' ' -f1 > out/hash",
            ["files"] = new JsonArray(new JsonObject { ["path"] = "in", ["file"] = input }),
            ["artifacts"] = new JsonArray("out/*"),
            ["retry"] = new JsonObject
            {
                ["on"] = new JsonObject { ["node-lost"] = budget, ["file-unavailable"] = budget.DeepClone() },
            },
        };
        await Until.Holds("a task is accepted", Limit, async () =>
        {
            using var answer = await Gateway.Post("/api/v1/tasks", spec);
            if ((int)answer.StatusCode != 202)
                return false;
            accepted.Enqueue((string)JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["id"]!);
            return true;
        });
    }

    private async Task<IEnumerable<string>> CheckEnded(string id)
    {
        JsonNode? task = null;
        await Until.Holds($"{id} has ended", Limit, async () =>
            (string?)(task = await Find(id))?["endedAt"] is not null);
        Assert.True((string?)task!["state"] == "succeeded" && (int?)task["artifactCount"] == 4,
            $"{task}\n{Gateway.Log}");
        var items = JsonNode.Parse(
            await Gateway.Http.GetStringAsync($"/api/v1/tasks/{id}/artifacts"))!["items"]!.AsArray();
        Assert.Equal(["out/attempt", "out/hash", "out/in", "out/large"],
            items.Select(static item => (string)item!["path"]!));
        var bytes = await Gateway.Http.GetByteArrayAsync($"/api/v1/tasks/{id}/artifacts/out/large");
        var hash = Convert.ToHexStringLower(SHA256.HashData(bytes));
        Assert.Equal(hash + "\n", await Gateway.Http.GetStringAsync($"/api/v1/tasks/{id}/artifacts/out/hash"));
        Assert.Equal("sha256:" + hash, (string?)items[3]!["file"]);
        Assert.Equal($"{task["attempt"]}\n",
            await Gateway.Http.GetStringAsync($"/api/v1/tasks/{id}/artifacts/out/attempt"));
        return items.Select(static item => (string)item!["file"]!);
    }

    // What was seen in the last day stays, so the sweep's day is later.
    private async Task CheckStores(HashSet<string> named)
    {
        var services = new ServiceCollection().AddSingleton<TimeProvider>(new LaterTime(ServiceLimits.FileAge * 2));
        AddStores(services);
        await using var provider = services.BuildServiceProvider();
        var (store, index) = (provider.GetRequiredService<IFileStore>(), provider.GetRequiredService<IFileIndex>());
        var sweep = new FileSweep(
            store, index, provider.GetRequiredService<ITaskStore>(), new NoChance(),
            provider.GetRequiredService<TimeProvider>());
        for (var round = 0; round < 2; round++)
            await sweep.Round(isAlone: true, CancellationToken.None);

        var stored = new List<string>();
        for (var part = 0; part < IFileStore.Parts; part++)
            stored.AddRange((await store.List(part)).Select(static name => name.ToString()));
        Assert.Equal(named.Order(StringComparer.Ordinal), stored.Order(StringComparer.Ordinal));
        var attempts = await index.OldArtifacts(long.MaxValue, null, 100_000);
        Assert.Equal(
            accepted.Order(StringComparer.Ordinal),
            attempts.Select(static one => one.Task.ToString()).Order(StringComparer.Ordinal));
    }

    private sealed class LaterTime(TimeSpan by) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + by;
    }

    private sealed class NoChance : IRandomness
    {
        public ulong NextBits() => 1;

        public double NextFraction() => 0;
    }
}
