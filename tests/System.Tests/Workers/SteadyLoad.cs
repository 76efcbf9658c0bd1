using System.Text.Json.Nodes;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.Workers;

/// <summary>
/// A steady stream of one-core tasks on four-core nodes. Each command locks a file of its node for each core that it
/// was given, and fails if none is left. So if all tasks succeed, no core was given twice.
/// </summary>
/// <param name="gateway">Receives the tasks. Another process may replace it at the same address.</param>
internal sealed class SteadyLoad(Service gateway)
{
    private const int Ahead = 16;
    private static readonly TimeSpan Between = TimeSpan.FromMilliseconds(100);

    // The worker's data folder is two above the command's. The descriptors stay open in the command's shell, whose end
    // unlocks them.
    private const string Small = """
        for i in 1 2 3 4; do exec 9>${PWD%/*/*}/core-$i; flock -n 9 && sleep 0.$((3 + i)) && exit 0; done; exit 9
        """;

    private const string Large = """
        c=${PWD%/*/*}/core; exec 5>$c-1 6>$c-2 7>$c-3 8>$c-4
        for i in 5 6 7 8; do flock -n $i || exit 9; done; sleep 0.2
        """;

    private readonly Uri url = gateway.Url;
    private readonly HttpClient http = new();

    /// <summary>How long anything may take.</summary>
    public static TimeSpan Patience { get; } = TimeSpan.FromMinutes(2);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Starts a worker of four cores.</summary>
    public static Task<WorkerProcess> Worker(string[] masters, string name, string data) =>
        WorkerProcess.Start(masters, name, data, "--slots", "8", "--resource", "cpu=4");

    /// <summary>Whether the service has lost a node.</summary>
    public async Task<bool> IsLost(string node) =>
        !(await Nodes()).Any(one => (string?)one["id"] == node && (string?)one["state"] == "ready");

    /// <summary>
    /// Keeps small tasks waiting, submits a large one, acts, and goes on until the large one has ended. All of them must
    /// succeed.
    /// </summary>
    public async Task LargeOneStarts(Func<Task> act)
    {
        var small = new List<string>();
        while (small.Count < Ahead)
            small.Add(await Submit(Small, 1) ?? throw new InvalidOperationException("a small task was refused"));
        await Until.Holds(
            "the nodes are busy", Patience,
            async () => await Nodes() is { Length: > 0 } nodes && nodes.All(static node => Reserved(node) >= 3));
        var large = await Submit(Large, 4) ?? throw new InvalidOperationException("the large task was refused");

        var acting = act();
        var state = "";
        await Until.Holds("the large task ends", Patience, async () =>
        {
            // A service that is being replaced answers nothing.
            foreach (var node in await Try(Nodes) ?? [])
                Assert.True(Reserved(node) <= 4, $"More than the node offers: {node}");
            if (await Try(() => Task(large)) is not { } task)
                return false;
            state = (string)task["state"]!;
            if (state is "succeeded" or "failed" or "cancelled")
                return true;
            var waiting = await Try(Waiting) ?? Ahead;
            for (; waiting < Ahead; waiting++)
                if (await Try(() => Submit(Small, 1)) is { } id)
                    small.Add(id);
            await global::System.Threading.Tasks.Task.Delay(Between, TimeProvider.System, Cancellation);
            return false;
        }, () => state);
        await acting;

        foreach (var id in small.Append(large))
        {
            var ended = await Task($"{id}?wait=60s");
            Assert.True((string?)ended["state"] == "succeeded", ended.ToString());
        }
    }

    private static double Reserved(JsonNode node) => (double?)node["resources"]?["cpu"]?["reserved"] ?? 0;

    private async Task<int?> Waiting() =>
        JsonNode.Parse(await Get("/api/v1/tasks?state=queued&limit=100"))!["items"]!.AsArray().Count;

    private async Task<JsonNode[]> Nodes() =>
        [.. JsonNode.Parse(await Get("/api/v1/nodes"))!["items"]!.AsArray().OfType<JsonNode>()];

    private async Task<JsonNode> Task(string id) => JsonNode.Parse(await Get($"/api/v1/tasks/{id}"))!;

    private async Task<string> Get(string path) => await http.GetStringAsync(new Uri(url, path), Cancellation);

    private async Task<string?> Submit(string command, int cores)
    {
        var spec = new JsonObject
        {
            ["cmd"] = command,
            ["resources"] = new JsonObject { ["cpu"] = cores },
        };
        using var content = new StringContent(
            spec.ToJsonString(), global::System.Text.Encoding.UTF8, "application/json");
        using var answer = await http.PostAsync(new Uri(url, "/api/v1/tasks"), content, Cancellation);
        var text = await answer.Content.ReadAsStringAsync(Cancellation);
        Assert.True((int)answer.StatusCode is 202 or 503, text);
        return (string?)JsonNode.Parse(text)!["id"];
    }

    private static async Task<T?> Try<T>(Func<Task<T>> ask)
    {
        try
        {
            return await ask();
        }
        catch (HttpRequestException)
        {
            return default;
        }
    }
}
