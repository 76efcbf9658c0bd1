using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using OrleansTasks.System.Tests.Running;
using OrleansTasks.Tasks;

namespace OrleansTasks.System.Tests.Durability;

/// <summary>
/// Kills every process of the service in the middle of workflows. <c>OTASK_WORKFLOW_ROUNDS</c> sets how many kills
/// there are; <c>make campaign-workflows</c> has more.
/// </summary>
/// <remarks>
/// A workflow has layers of nodes, each of which waits for two of the layer before, a node that fails, one that waits
/// for this failure, and one that waits for its success. Each command writes its node's name into a file when it begins
/// and when it ends. So there are two witnesses of the order: the store's transitions, and the commands themselves.
/// </remarks>
public sealed class WorkflowKillTests : DataFolders
{
    private const int Layers = 5;
    private const int Width = 6;
    private const int Nodes = (Layers * Width) + 3;

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    private static readonly int Rounds = int.TryParse(
        Environment.GetEnvironmentVariable("OTASK_WORKFLOW_ROUNDS"), CultureInfo.InvariantCulture, out var rounds)
            ? rounds
            : 2;

    private readonly Dictionary<string, string[]> after = new(StringComparer.Ordinal);

    [Fact]
    public async Task Kill_InTheMiddleOfAWorkflow_EachNodeEndsOnceAndInOrder()
    {
        const int Seed = 13;
        var random = new Random(Seed);
        var endedAtKill = new JsonArray();
        var submitted = new List<string>();
        for (var round = 0; round <= Rounds; round++)
        {
            await using var service = await Service.Start(Data, "--lease", "8s", "--slots", "4");
            if (round > 0)
                await Finish(service, submitted[^1]);
            if (round == Rounds)
            {
                service.Terminate();
                Assert.Equal(0, await service.End());
                break;
            }

            submitted.Add(await Submit(service, LogOf(round)));
            var enough = random.Next(Nodes - 3);
            var ended = 0;
            await Until.Holds($"{enough} nodes have ended", Limit, async () =>
                (ended = (int)(await Get(service, submitted[^1]))["ended"]!) >= enough);
            await service.KillAll();
            endedAtKill.Add(ended);
        }

        var attempts = await CheckStored(submitted);
        for (var round = 0; round < Rounds; round++)
            CheckWritten(await File.ReadAllLinesAsync(LogOf(round), TestContext.Current.CancellationToken));
        await CampaignEvidence.Write(
            "OTASK_WORKFLOWS_EVIDENCE", "kill -9 of every process in the middle of a workflow", new JsonObject
            {
                ["seed"] = Seed,
                ["rounds"] = Rounds,
                ["nodesOfAWorkflow"] = Nodes,
                ["endedAtKill"] = endedAtKill,
                ["nodes"] = Rounds * Nodes,
                ["attempts"] = attempts,
                ["endedTwice"] = 0,
                ["outOfOrder"] = 0,
            });
    }

    private static async Task Finish(Service service, string id)
    {
        await Until.Holds(
            "the workflow has ended", Limit, async () => (string)(await Get(service, id))["state"]! != "running");
        var workflow = await Get(service, id);
        Assert.Equal("succeeded", (string)workflow["state"]!);
        Assert.Equal(
            $$"""{"succeeded":{{Nodes - 2}},"failed":1,"cancelled":1}""", workflow["byState"]!.ToJsonString());
    }

    // Each task has one end, and has none of its attempts begin before what it waits for has ended. Returns the attempts.
    private async Task<int> CheckStored(List<string> workflows)
    {
        await using var stored = new StoredTransitions(Data);
        var transitions = (await stored.Read()).Select(static (entry, at) => (entry, at))
            .ToLookup(static one => one.entry.Task.ToString(), StringComparer.Ordinal);
        var attempts = 0;
        foreach (var workflow in workflows)
        {
            Assert.True(TaskId.TryParse(workflow, out var id));
            var tasks = await stored.Store.List(TaskFilter.All with { Batch = id }, null, 1_000);
            Assert.Equal(Nodes, tasks.Length);
            var ends = tasks.ToDictionary(
                static task => task.Name!,
                task => Assert.Single(transitions[task.Id.ToString()], static one => one.entry.State.IsFinal()).at,
                StringComparer.Ordinal);
            foreach (var task in tasks)
            {
                attempts += task.Attempt;
                var begins = transitions[task.Id.ToString()]
                    .Where(static one => one.entry.State is TaskState.Assigned or TaskState.Running).ToArray();
                Assert.Equal(task.State == TaskState.Cancelled, begins is []);
                Assert.All(begins, begin => Assert.All(
                    after[task.Name!], name =>
                        Assert.True(ends[name] < begin.at, $"{task.Name} began before the end of {name}")));
            }
        }

        return attempts;
    }

    // What the commands wrote themselves. A command whose end was not stored ran again, so a line may be there twice.
    private void CheckWritten(string[] lines)
    {
        Assert.Equal(Nodes - 1,
            lines.Where(static line => line.StartsWith("end ", StringComparison.Ordinal)).Distinct().Count());
        foreach (var (name, waitsFor) in after.Where(node => lines.Contains($"begin {node.Key}")))
            Assert.All(waitsFor, earlier => Assert.True(
                Array.IndexOf(lines, $"end {earlier}") is >= 0 and var end
                    && end < Array.IndexOf(lines, $"begin {name}"),
                $"{name} began before the end of {earlier}"));
        Assert.DoesNotContain("begin never", lines);
    }

    private async Task<string> Submit(Service service, string log)
    {
        var nodes = new JsonArray();
        for (var layer = 0; layer < Layers; layer++)
        {
            for (var i = 0; i < Width; i++)
                Add($"n{layer}-{i}", 0, layer == 0
                    ? []
                    : [(NameOf(layer - 1, i), "succeeded"), (NameOf(layer - 1, i + 1), "ended")]);
        }

        Add("broken", 3, [(NameOf(0, 0), "succeeded")]);
        Add("tidy", 0, [("broken", "failed")]);
        Add("never", 0, [("broken", "succeeded")]);
        using var answer = await service.Post("/api/v1/workflows", new JsonObject { ["nodes"] = nodes });
        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        return (string)JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["id"]!;

        void Add(string name, int exitCode, (string Node, string On)[] waitsFor)
        {
            after[name] = [.. waitsFor.Select(static one => one.Node)];
            var command = $"echo begin {name} >>'{log}'; sleep 0.0{name.Length}; echo end {name} >>'{log}'; exit {exitCode}";
            // The last comes first: tasks that are ready start in the order of submission, and would be in order by chance.
            nodes.Insert(0, new JsonObject
            {
                ["name"] = name,
                ["mayFail"] = exitCode != 0,
                ["task"] = new JsonObject { ["cmd"] = command },
                ["after"] = new JsonArray(
                    [.. waitsFor.Select(static one => new JsonObject { ["node"] = one.Node, ["on"] = one.On })]),
            });
        }
    }

    private static async Task<JsonNode> Get(Service service, string id) =>
        JsonNode.Parse(await service.Http.GetStringAsync($"/api/v1/workflows/{id}"))!;

    private static string NameOf(int layer, int number) => $"n{layer}-{number % Width}";

    private string LogOf(int round) => In($"round-{round}.log");
}
