using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using OrleansTasks.Dispatch;
using OrleansTasks.Files;
using OrleansTasks.Storage;
using OrleansTasks.Storage.Files;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.Durability;

/// <summary>What is under way when a process is killed.</summary>
internal enum FileMoment
{
    /// <summary>A file is being uploaded, and the worker fetches inputs.</summary>
    Inputs,

    /// <summary>Commands have ended, and the worker sends artifacts.</summary>
    Artifacts,

    /// <summary>The first task of the round has ended; the others are about to.</summary>
    Ends,
}

/// <summary>
/// Tasks with large inputs and artifacts, in rounds. In the middle of each round a process is killed. If that is while
/// inputs move, the input of the next round is uploaded meanwhile. Each attempt leaves other bytes, so a file of a lost
/// attempt that stayed would be found at the end.
/// </summary>
/// <param name="http">Where to send calls, as of now.</param>
/// <param name="worker">The worker's data folder.</param>
internal sealed class FileKillLoad(Func<HttpClient> http, string worker)
{
    /// <summary>The variable that says how many kills there are.</summary>
    internal const string KillsVariable = "OTASK_FILE_KILLS";

    private const int AtOnce = 4;
    private const int InputBytes = 16_000_000;
    private const int ArtifactBytes = 20_000_000;
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(4);
    private readonly List<(string Id, string Input)> accepted = [];
    private readonly HashSet<string> named = [];
    private readonly SortedDictionary<string, int> kills = new(StringComparer.Ordinal);
    private string? next;

    /// <summary>Returns the number of kills.</summary>
    internal static int KillsOr(int few) => Environment.GetEnvironmentVariable(KillsVariable) is { Length: > 0 } number
        ? int.Parse(number, CultureInfo.InvariantCulture)
        : few;

    /// <summary>Starts tasks, kills a process in the middle and has it started again.</summary>
    /// <param name="round">The round's number, from 0.</param>
    /// <param name="victim">Which process is killed, for the evidence.</param>
    /// <param name="moment">When it is killed.</param>
    /// <param name="kill">Kills it and starts it again.</param>
    internal async Task Round(int round, string victim, FileMoment moment, Func<Task> kill)
    {
        Directory.CreateDirectory(Marks);
        Directory.CreateDirectory(Fetched);
        var input = next ?? await Upload(round);
        named.Add(input);
        var upload = Task.CompletedTask;
        using var fetches = new FileSystemWatcher(Fetched);
        var fetching = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        fetches.Created += (_, _) => fetching.TrySetResult();
        fetches.EnableRaisingEvents = true;
        if (moment == FileMoment.Inputs)
            upload = UploadNext(round + 1);
        var tasks = await Task.WhenAll(Enumerable.Range(0, AtOnce).Select(_ => Submit(input)));
        accepted.AddRange(tasks.Select(id => (id, input)));
        switch (moment)
        {
            case FileMoment.Inputs:
                await fetching.Task.WaitAsync(Limit, TimeProvider.System);
                break;
            case FileMoment.Artifacts:
                await Until.Holds(
                    $"round {round}: a command has ended", Limit,
                    () => Task.FromResult(tasks.Any(id => File.Exists(Path.Combine(Marks, id)))));
                break;
            default:
                await Until.Holds($"round {round}: a task has ended", Limit, () => HasEnded(tasks));
                break;
        }

        await kill();
        kills[$"{victim}, {moment}"] = kills.GetValueOrDefault($"{victim}, {moment}") + 1;
        await upload;
        if (moment != FileMoment.Inputs)
            next = null;
    }

    /// <summary>Checks that each task has succeeded and has all artifacts with the right bytes.</summary>
    internal async Task CheckEnded()
    {
        foreach (var (id, input) in accepted)
            await CheckEnded(id, input);
    }

    /// <summary>
    /// Sweeps the store as of two days later, and checks that it has what tasks name and nothing else.
    /// </summary>
    /// <param name="add">Adds the stores of the installation, of which no process runs any more.</param>
    internal async Task CheckStored(Func<IServiceCollection, IServiceCollection> add)
    {
        if (next is not null)
            Assert.DoesNotContain(next, named);
        var time = new LaterTime(ServiceLimits.FileAge * 2);
        await using var services = add(new ServiceCollection().AddSingleton<TimeProvider>(time)).BuildServiceProvider();
        var store = services.GetRequiredService<IFileStore>();
        var sweep = new FileSweep(
            store, services.GetRequiredService<IFileIndex>(), services.GetRequiredService<ITaskStore>(), new NoChance(),
            time);
        for (var round = 0; round < 3; round++)
            await sweep.Round(isAlone: true, CancellationToken.None);
        var stored = new List<string>();
        for (var part = 0; part < IFileStore.Parts; part++)
            stored.AddRange((await store.List(part)).Select(static name => name.ToString()));
        Assert.Equal(named.Order(StringComparer.Ordinal), stored.Order(StringComparer.Ordinal));
        Assert.Equal(0, await store.DiscardLeft(TimeSpan.Zero));
    }

    /// <summary>Keeps the figures of a campaign where a variable says.</summary>
    internal Task Keep(string variable, string campaign) => CampaignEvidence.Write(variable, campaign, new JsonObject
    {
        ["kills"] = kills.Values.Sum(),
        ["byVictimAndMoment"] = new JsonObject(
            kills.Select(static one => KeyValuePair.Create(one.Key, (JsonNode?)one.Value))),
        ["succeeded"] = accepted.Count,
        ["wrongOrMissingArtifacts"] = 0,
        ["filesLeftOver"] = 0,
        ["filesNamed"] = named.Count,
    });

    // Commands write here what they are, as their last act.
    private string Marks => worker + "-marks";

    // Where the worker writes inputs that it fetches. Its copies of artifacts have no names.
    private string Fetched => Path.Combine(worker, "cache", "new");

    private async Task<bool> HasEnded(string[] tasks)
    {
        foreach (var id in tasks)
        {
            using var answer = await http().GetAsync($"/api/v1/tasks/{id}");
            var text = await answer.Content.ReadAsStringAsync();
            if (answer.IsSuccessStatusCode && JsonNode.Parse(text)!["endedAt"] is not null)
                return true;
        }

        return false;
    }

    private async Task UploadNext(int round) => next = await Upload(round);

    private async Task<string> Upload(int round)
    {
        var bytes = new byte[InputBytes];
        new Random(round).NextBytes(bytes);
        var name = NameOf(bytes);
        await Until.Holds("a file is uploaded", Limit, () => Succeeds(
            () => http().PutAsync($"/api/v1/files/{name}", new ByteArrayContent(bytes)), static _ => { },
            HttpStatusCode.Created, HttpStatusCode.OK));
        return name;
    }

    private async Task<string> Submit(string input)
    {
        var (key, id) = (Guid.NewGuid().ToString(), "");
        var spec = new JsonObject
        {
            ["cmd"] = "mkdir out; sha256sum < in > out/in; " + $"head -c {ArtifactBytes} /dev/urandom > out/large; "
                + $"sha256sum < out/large | cut -d' ' -f1 > out/hash; touch {Marks}/$TASK_ID",
            ["files"] = new JsonArray(new JsonObject { ["path"] = "in", ["file"] = input }),
            ["artifacts"] = new JsonArray("out/*"),
            // What is killed is not the task's fault.
            ["retry"] = JsonNode.Parse("""{"on":{"node-lost":{"maxAttempts":100} } }"""),
        }.ToJsonString();
        await Until.Holds("a task is accepted", Limit, () => Succeeds(
            () =>
            {
                var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/tasks")
                {
                    Content = new StringContent(spec, global::System.Text.Encoding.UTF8, "application/json"),
                };
                request.Headers.Add("Idempotency-Key", key);
                return http().SendAsync(request);
            },
            text => id = (string)JsonNode.Parse(text)!["id"]!, HttpStatusCode.Accepted, HttpStatusCode.OK));
        return id;
    }

    // Whoever calls a service that is killed tries again; anything but a sign of that is a fault.
    private static async Task<bool> Succeeds(
        Func<Task<HttpResponseMessage>> call, Action<string> read, params HttpStatusCode[] expected)
    {
        try
        {
            using var answer = await call();
            var text = await answer.Content.ReadAsStringAsync();
            if (expected.Contains(answer.StatusCode))
            {
                read(text);
                return true;
            }

            Assert.True((int)answer.StatusCode >= 500, $"{(int)answer.StatusCode} {text}");
            return false;
        }
        catch (Exception failure) when (IsOfAKill(failure))
        {
            return false;
        }
    }

    private static bool IsOfAKill(Exception failure) =>
        failure is HttpRequestException or IOException or ObjectDisposedException or OperationCanceledException;

    private async Task CheckEnded(string id, string input)
    {
        JsonNode task = null!;
        await Until.Holds($"{id} has ended", Limit, async () =>
        {
            using var answer = await http().GetAsync($"/api/v1/tasks/{id}");
            var text = await answer.Content.ReadAsStringAsync();
            return answer.IsSuccessStatusCode && (task = JsonNode.Parse(text)!)["endedAt"] is not null;
        });
        Assert.True((string?)task["state"] == "succeeded" && (int?)task["artifactCount"] == 3, $"{task}");
        var path = $"/api/v1/tasks/{id}";
        var items = JsonNode.Parse(await http().GetStringAsync($"{path}/artifacts"))!["items"]!.AsArray();
        Assert.Equal(["out/hash", "out/in", "out/large"], items.Select(static item => (string)item!["path"]!));
        var bytes = await http().GetByteArrayAsync($"{path}/artifacts/out/large");
        Assert.Equal((ArtifactBytes, (string?)items[2]!["file"]), (bytes.Length, NameOf(bytes)));
        Assert.Equal($"{Digits(NameOf(bytes))}\n", await http().GetStringAsync($"{path}/artifacts/out/hash"));
        Assert.Equal($"{Digits(input)}  -\n", await http().GetStringAsync($"{path}/artifacts/out/in"));
        named.UnionWith(items.Select(static item => (string)item!["file"]!));
    }

    private static string Digits(string name) => name["sha256:".Length..];

    private static string NameOf(byte[] bytes) => $"sha256:{Convert.ToHexStringLower(SHA256.HashData(bytes))}";

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
