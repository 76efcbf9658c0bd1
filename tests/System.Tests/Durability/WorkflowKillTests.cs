using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using OrleansTasks.Jobs;
using OrleansTasks.System.Tests.Running;
using OrleansTasks.Tasks;

namespace OrleansTasks.System.Tests.Durability;

/// <summary>
/// Kills every process of the service in the middle of workflows. <c>OTASK_WORKFLOW_ROUNDS</c> sets how many kills
/// there are; <c>make campaign-workflows</c> has more.
/// </summary>
/// <remarks>
/// A workflow has layers of nodes, each of which waits for two of the layer before, a node that fails, one that waits for
/// this failure, and one that waits for its success. A node runs once for each item of a list (<c>forEach</c>), and another
/// one runs a data job; others wait for these and look at what they have left. Each command writes its node's name into a
/// file when it begins and when it ends. So there are two witnesses of the order: the store's transitions, and the commands
/// themselves.
/// </remarks>
public sealed class WorkflowKillTests : DataFolders
{
    private const int Layers = 5;
    private const int Width = 6;
    private const int Items = 6;
    private const int JobItems = 40;

    // Besides the layers: broken, tidy and never; list, each and join; count and sum.
    private const int Nodes = (Layers * Width) + 8;
    private const int Failing = 2;

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

            submitted.Add(await Submit(service, round));
            var enough = random.Next(Nodes - Failing - 1);
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
                ["itemsOfAWorkflow"] = Items,
                ["jobsOfAWorkflow"] = 1,
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
            $$"""{"succeeded":{{Nodes - Failing}},"failed":1,"cancelled":1}""", workflow["byState"]!.ToJsonString());
    }

    // Each task has one end, and has none of its attempts begin before what it waits for has ended. Returns the attempts.
    private async Task<int> CheckStored(List<string> workflows)
    {
        await using var stored = new StoredTransitions(Data);
        var transitions = (await stored.Read()).Select(static (entry, at) => (entry, at))
            .ToLookup(static one => one.entry.Task.ToString(), StringComparer.Ordinal);
        var attempts = 0;
        foreach (var (round, workflow) in workflows.Index())
        {
            Assert.True(TaskId.TryParse(workflow, out var id));
            var tasks = await stored.Store.List(TaskFilter.All with { Batch = id }, null, 1_000);
            Assert.Equal(Nodes + Items, tasks.Length);
            Assert.Equal(Enumerable.Range(0, Items), tasks.Select(static task => task.WorkflowItem).OfType<int>().Order());
            var ends = tasks.Where(static task => task.WorkflowItem is null)
                .ToDictionary(static task => task.Name, EndOf, StringComparer.Ordinal);
            Assert.All(tasks.Where(static task => task.WorkflowItem is not null), item => Assert.True(EndOf(item) < ends["each"]));
            await CheckJob(id, round, ends);
            foreach (var task in tasks)
            {
                attempts += task.Attempt;
                var begins = transitions[task.Id.ToString()]
                    .Where(static one => one.entry.State is TaskState.Assigned or TaskState.Running).ToArray();
                var isJoin = task is { Name: "each", WorkflowItem: null } or { Name: "count" };
                Assert.Equal(task.State == TaskState.Cancelled || isJoin, begins is []);
                Assert.All(begins, begin => Assert.All(
                    after[task.WorkflowItem is null ? task.Name! : "each"], name =>
                        Assert.True(ends[name] < begin.at, $"{task.Name} began before the end of {name}")));
            }
        }

        return attempts;

        int EndOf(TaskRecord task) =>
            Assert.Single(transitions[task.Id.ToString()], static one => one.entry.State.IsFinal()).at;

        // One job was started for the node, after what the node waits for, and it ended once, with the node.
        async Task CheckJob(TaskId workflow, int round, Dictionary<string, int> ends)
        {
            var row = Assert.Single(await stored.Store.Workflows.Jobs(workflow)).Row;
            var label = new Label("round", $"{round}");
            var job = Assert.Single(await stored.Store.Jobs.List(JobFilter.All with { Labels = [label] }, null, 10));
            Assert.Equal((row.Job!.Value, JobState.Succeeded), (job.Id, job.State));
            var moves = transitions[job.Id.ToString()].ToArray();
            Assert.Equal([TaskState.Running, TaskState.Succeeded], moves.Select(static one => one.entry.State));
            Assert.All(after["count"], name => Assert.True(ends[name] < moves[0].at));
            Assert.Equal(ends["count"], moves[1].at + 1);
        }
    }

    // What the commands wrote themselves. A command whose end was not stored ran again, so a line may be there twice.
    private void CheckWritten(string[] lines)
    {
        // The node with forEach has a command for each item; never and count have none that writes.
        Assert.Equal(
            Nodes - 3 + Items, lines.Where(static line => line.StartsWith("end ", StringComparison.Ordinal)).Distinct().Count());
        for (var item = 0; item < Items; item++)
        {
            Assert.True(Array.IndexOf(lines, "end list") < Array.IndexOf(lines, $"begin each {item}"));
            Assert.True(Array.IndexOf(lines, $"end each {item}") < Array.IndexOf(lines, "begin join"));
        }

        foreach (var (name, waitsFor) in after.Where(node => lines.Contains($"begin {node.Key}")))
            Assert.All(waitsFor.Except(["each", "count"]), earlier => Assert.True(
                Array.IndexOf(lines, $"end {earlier}") is >= 0 and var end && end < Array.IndexOf(lines, $"begin {name}"),
                $"{name} began before the end of {earlier}"));
        Assert.DoesNotContain("begin never", lines);
    }

    private async Task<string> Submit(Service service, int round)
    {
        var log = LogOf(round);
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
        Add("list", 0, [(NameOf(0, 1), "succeeded")], "seq -s, " + Items + " | sed 's/.*/[&]/' >$TASK_RESULT");
        Add("each", 0, [("list", "succeeded")], "echo $TASK_ITEM >$TASK_RESULT", "each $TASK_ITEM_INDEX");
        nodes[0]!["forEach"] = new JsonObject { ["node"] = "list" };
        Add("join", 0, [("each", "succeeded")], "[ $(tr -dc '[0-9],' <$TASK_INPUTS) = '[1,2,3,4,5,6]' ]");
        Add("count", 0, [(NameOf(0, 2), "succeeded"), ("broken", "failed")]);
        nodes[0]!.AsObject().Remove("task");
        nodes[0]!["job"] = JsonNode.Parse($$$"""
            {"source":{"range":{"from":0,"to":{{{JobItems}}}}},"process":{"chunkCommand":{"cmd":"sleep 0.02; cat"}},"chunkSize":4,
             "aggregate":[{"as":"total","op":"sum"}],"labels":{"round":"{{{round}}}"}}
            """);
        Add("sum", 0, [("count", "succeeded")], $"grep -q '{{\"total\":{JobItems * (JobItems - 1) / 2}}}' $TASK_INPUTS");
        using var answer = await service.Post("/api/v1/workflows", new JsonObject { ["nodes"] = nodes });
        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        return (string)JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["id"]!;

        void Add(string name, int exitCode, (string Node, string On)[] waitsFor, string work = "true", string? shown = null)
        {
            after[name] = [.. waitsFor.Select(static one => one.Node)];
            shown ??= name;
            var command = $"echo begin {shown} >>'{log}'; {work} || exit 9; sleep 0.0{name.Length}; echo end {shown} >>'{log}'; "
                + $"exit {exitCode}";
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
