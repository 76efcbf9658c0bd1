using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using OrleansTasks.Dispatch;
using OrleansTasks.Files;
using OrleansTasks.Storage;
using OrleansTasks.Storage.Files;
using OrleansTasks.Storage.Sqlite;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.Durability;

/// <summary>
/// Kills the service and the worker, in turn, while artifacts are being sent. Every task that succeeded has all of
/// them, with the right bytes, and a later sweep leaves exactly what tasks name. By default two kills;
/// <c>OTASK_FILE_KILLS</c> sets another number.
/// </summary>
public sealed class FileKillTests : DataFolders
{
    private const int AtOnce = 6;
    private static readonly int Kills = int.TryParse(
        Environment.GetEnvironmentVariable("OTASK_FILE_KILLS"), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 2;

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    private readonly string http = KeptPorts.Next();
    private readonly string grpc = KeptPorts.Next();
    private readonly ConcurrentQueue<string> accepted = [];
    private Service service = null!;

    [Fact]
    public async Task Kills_WhileArtifactsAreSent_LoseNoneOfATaskThatSucceeded_AndTheSweepLeavesWhatIsNamed()
    {
        service = await Start();
        var worker = await StartWorker();
        var input = await Upload();
        for (var kill = 0; kill < Kills; kill++)
        {
            await Task.WhenAll(Enumerable.Range(0, AtOnce).Select(_ => Submit(input)));
            await Until.Holds("an artifact is on its way", Limit, () => Task.FromResult(Arriving().Any()));
            if (kill % 2 == 0)
            {
                var agent = worker.Agent;
                worker.Send(Signals.Kill);
                Signals.Send(agent, Signals.Kill);
                await worker.End();
                await worker.DisposeAsync();
                worker = await StartWorker();
            }
            else
            {
                await service.KillAll();
                await service.DisposeAsync();
                service = await Start();
            }
        }

        var named = new HashSet<string> { input };
        foreach (var id in accepted)
            named.UnionWith(await CheckEnded(id));
        Assert.Equal(Kills * AtOnce, accepted.Count);
        await worker.DisposeAsync();
        service.Terminate();
        Assert.Equal(0, await service.End());
        await service.DisposeAsync();

        await Sweep();
        Assert.Equal(
            named.Order(StringComparer.Ordinal),
            Directory.EnumerateFiles(Path.Combine(Data, "files"), "*", SearchOption.AllDirectories)
                .Select(file => "sha256:" + Path.GetFileName(Path.GetDirectoryName(file)) + Path.GetFileName(file)).Order(StringComparer.Ordinal));
    }

    private Task<Service> Start() => Service.Start(Data, "--slots", "0", "--lease", "8s", "--http", http, "--grpc", grpc);

    private Task<WorkerProcess> StartWorker() => WorkerProcess.Start([grpc], "w1", In("w1"), "--slots", "3");

    private IEnumerable<string> Arriving()
    {
        var folder = Path.Combine(Data, "files", "arriving");
        return Directory.Exists(folder) ? Directory.EnumerateFiles(folder) : [];
    }

    private async Task<string> Upload()
    {
        using var answer = await service.Http.PostAsync("/api/v1/files", new ByteArrayContent("an input"u8.ToArray()));
        return (string)JsonNode.Parse(await answer.EnsureSuccessStatusCode().Content.ReadAsStringAsync())!["file"]!;
    }

    private async Task Submit(string input)
    {
        using var answer = await service.Post("/api/v1/tasks", new JsonObject
        {
            ["cmd"] = "mkdir out; cp in out/in; head -c 20000000 /dev/urandom > out/large; sha256sum < out/large | cut -d' ' -f1 > out/hash",
            ["files"] = new JsonArray(new JsonObject { ["path"] = "in", ["file"] = input }),
            ["artifacts"] = new JsonArray("out/*"),
            // The time during which everything is down is not the task's fault.
            ["retry"] = new JsonObject { ["on"] = new JsonObject { ["node-lost"] = new JsonObject { ["maxAttempts"] = 100 } } },
        });
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True((int)answer.StatusCode == 202, text);
        accepted.Enqueue((string)JsonNode.Parse(text)!["id"]!);
    }

    private async Task<IEnumerable<string>> CheckEnded(string id)
    {
        JsonNode task = null!;
        await Until.Holds($"{id} has ended", Limit, async () => (string?)(task = await service.Get(id))["endedAt"] is not null);
        Assert.True((string?)task["state"] == "succeeded" && (int?)task["artifactCount"] == 3, $"{task}\n{service.Log}");
        var items = JsonNode.Parse(await service.Http.GetStringAsync($"/api/v1/tasks/{id}/artifacts"))!["items"]!.AsArray();
        Assert.Equal(["out/hash", "out/in", "out/large"], items.Select(static item => (string)item!["path"]!));
        var bytes = await service.Http.GetByteArrayAsync($"/api/v1/tasks/{id}/artifacts/out/large");
        var hash = Convert.ToHexStringLower(SHA256.HashData(bytes));
        Assert.Equal(hash + "\n", await service.Http.GetStringAsync($"/api/v1/tasks/{id}/artifacts/out/hash"));
        Assert.Equal("sha256:" + hash, (string?)items[2]!["file"]);
        return items.Select(static item => (string)item!["file"]!);
    }

    // What was seen in the last day stays, so the sweep's day is later.
    private async Task Sweep()
    {
        await using var services = new ServiceCollection()
            .AddSingleton<TimeProvider>(new LaterTime(ServiceLimits.FileAge * 2))
            .AddSqliteStorage(new SqliteStorageOptions { Directory = Data })
            .BuildServiceProvider();
        var sweep = new FileSweep(
            services.GetRequiredService<IFileStore>(), services.GetRequiredService<IFileIndex>(), services.GetRequiredService<ITaskStore>(),
            new NoChance(), services.GetRequiredService<TimeProvider>());
        for (var round = 0; round < 2; round++)
            await sweep.Round(isAlone: true, CancellationToken.None);
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
