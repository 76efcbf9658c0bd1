using System.Text;
using System.Text.Json;
using OrleansTasks.Grains.Tests.Dispatch;
using OrleansTasks.Queues;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;
using OrleansTasks.Workflows;

namespace OrleansTasks.Schedules;

/// <summary>
/// Schedules of workflows through the whole core: what one commit has in it, and how overlap goes by workflows.
/// </summary>
public sealed class ScheduledWorkflowTests
{
    private const string Chain = """
        "workflow":{"name":"w","nodes":[{"name":"a","task":{"cmd":"true"}},{"name":"b","task":{"cmd":"true"},"after":["a"]}]}
        """;

    private readonly CoreRig rig = new();

    private IEnumerable<OccurrenceRow> Occurrences => rig.Store.Schedules.Occurrences.Values;

    [Fact]
    public void Fire_IsOneCommit_OfWorkflowNodesOccurrenceAndNextTime()
    {
        rig.Node("n", enforces: Limits.Results);
        rig.Put("""
            {"every":"10s","workflow":{"name":"w","labels":{"team":"blue"},"nodes":[
              {"name":"b","task":{"cmd":"two","secretEnv":{"S":"t"}},"after":["a"]},
              {"name":"a","task":{"cmd":"one","env":{"A":"b","SCHEDULE_ID":"x"},"labels":{"l":"m"}}}]}}
            """);
        var due = rig.Now + 10_000;
        rig.Advance(10_000);

        var occurrence = Assert.Single(Occurrences);
        Assert.Equal((due, due, null), (occurrence.At, occurrence.StartedAt, occurrence.Task));
        Assert.Equal(due + 10_000, Assert.Single(rig.Store.Schedules.Rows).Value.NextAt);
        Assert.Equal(2, rig.Last.Writes.Count());
        Assert.Single(rig.Last.Schedules.Occurrences);
        var row = Row(occurrence);
        Assert.Equal(("w", 2, rig.Now), (row.Name, row.Count, row.Id.CreatedAt));
        Assert.Equal([new Label("schedule", "s"), new Label("team", "blue")], row.Labels);

        var (waiting, first) = (Nodes(occurrence)[0], Nodes(occurrence)[1]);
        Assert.Equal((TaskState.Scheduled, TaskState.Assigned), (waiting.Row.State, first.Row.State));
        Assert.Equal(
            new TaskDependency(first.Row.Id, EndCondition.Succeeded), Assert.Single(waiting.Submission.After!.Value));
        Assert.Equal(
            ("b", "a", "b"),
            (waiting.Submission.Name, first.Submission.WorkflowNode, waiting.Submission.WorkflowNode));
        Assert.Equal([new Label("l", "m")], first.Submission.Labels);
        Assert.Equal("""{"S":"t"}""", Encoding.UTF8.GetString(waiting.Submission.SecretEnv.Span));
        Assert.True(first.Submission.SecretEnv.IsEmpty);
        var time = DateTimeOffset.FromUnixTimeMilliseconds(due).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'");
        using var spec = JsonDocument.Parse(first.Submission.Spec);
        Assert.Equal(
            $$"""{"A":"b","SCHEDULE_ID":"s","SCHEDULE_TIME":"{{time}}","WORKFLOW_ID":"{{row.Id}}","WORKFLOW_NODE":"a"}""",
            spec.RootElement.GetProperty("env").ToString());
    }

    [Theory]
    [InlineData("skip", OccurrenceOutcome.Skipped)]
    [InlineData("queueOne", OccurrenceOutcome.Pending)]
    [InlineData("allow", OccurrenceOutcome.Started)]
    public void Overlap_GoesByTheWorkflow_NotByItsNodes(string overlap, OccurrenceOutcome expected)
    {
        rig.Node("n", slots: 9, enforces: Limits.Results);
        rig.Put("{\"every\":\"10s\",\"overlap\":\"" + overlap + "\"," + Chain + "}");
        rig.Advance(10_000);
        var first = Occurrences.Single();
        rig.Exit(Nodes(first)[0].Row.Id);
        Assert.Equal(TaskState.Assigned, Nodes(first)[1].Row.State);
        rig.Restart();
        rig.Advance(10_000);
        Assert.Equal(expected, Occurrences.Last().Outcome);
        Assert.Null(rig.Store.Schedules.Occurrences[first.No].State);
    }

    [Theory]
    [InlineData(0, TaskState.Succeeded)]
    [InlineData(1, TaskState.Failed)]
    public void EndOfTheWorkflow_StartsWhatWaited_InTheSameCommit(int exitCode, TaskState expected)
    {
        rig.Node("n", slots: 9, enforces: Limits.Results);
        rig.Put("{\"every\":\"10s\",\"overlap\":\"queueOne\"," + Chain + "}");
        rig.Advance(10_000);
        rig.Advance(10_000);
        rig.Restart();
        rig.Offer("n", 9);
        var first = Occurrences.First();
        rig.Exit(Nodes(first)[0].Row.Id);
        Assert.Equal(OccurrenceOutcome.Pending, Occurrences.Last().Outcome);

        rig.Exit(Nodes(first)[1].Row.Id, exitCode);

        Assert.Equal(1, rig.Rounds);
        Assert.Equal(expected, rig.Store.Schedules.Occurrences[first.No].State);
        var second = Occurrences.Last();
        Assert.Equal(OccurrenceOutcome.Started, second.Outcome);
        Assert.Equal((WorkflowState.Running, 2), (Row(second).State, rig.Store.Workflows.Rows.Count));
    }

    [Fact]
    public void Cancel_OfTheWorkflow_EndsItsOccurrence()
    {
        rig.Put("{\"every\":\"10s\"," + Chain + "}");
        rig.Advance(10_000);
        var id = Occurrences.Single().Workflow!.Value;
        rig.Round((core, draft) => core.Workflows.Cancel(id, null, rig.Now, draft));
        rig.Advance(0);
        Assert.Equal(TaskState.Cancelled, Occurrences.Single().State);
        rig.Advance(10_000);
        Assert.Equal(OccurrenceOutcome.Started, Occurrences.Last().Outcome);
    }

    [Fact]
    public void LostCommit_IsMadeGoodByTheNextOwner_Once()
    {
        rig.Put("{\"every\":\"10s\"," + Chain + "}");
        rig.Pass(10_000);
        rig.Lose(static (_, _) => { });
        Assert.Empty(rig.Store.Workflows.Rows);
        rig.Advance(0);
        rig.Restart();
        rig.Advance(0);
        Assert.Single(rig.Store.Workflows.Rows);
        Assert.Equal(2, rig.Store.Tasks.Count);
        Assert.Single(Occurrences);
    }

    [Fact]
    public void QueueFull_ForOneOfTheNodes_StartsNothing()
    {
        rig.Put("{\"every\":\"10s\"," + Chain + "}");
        rig.Configure(QueueSettings.DefaultOf("default") with { MaxDepth = 1 });
        rig.Advance(10_000);
        var skipped = Occurrences.Single();
        Assert.Equal((OccurrenceOutcome.Skipped, SkipReason.QueueFull), (skipped.Outcome, skipped.Reason));
        var reply = rig.Ask(new ScheduleRequest(ScheduleAction.Trigger, "s") { Task = Id(7) });
        Assert.Equal(ScheduleOutcome.QueueFull, reply.Outcome);
        Assert.Empty(rig.Store.Tasks);
        Assert.Empty(rig.Store.Workflows.Rows);
    }

    [Fact]
    public async Task Trigger_ThatComesAgain_IsToldOfItsWorkflow_WhileItRunsAndAfterItsEnd()
    {
        rig.Node("n", enforces: Limits.Results);
        rig.Put("""{"every":"10s","paused":true,"workflow":{"nodes":[{"name":"a","task":{"cmd":"true"}}]}}""");
        var request = new ScheduleRequest(ScheduleAction.Trigger, "s") { Task = Id(7) };
        for (var call = 0; call < 3; call++)
        {
            var operation = new ScheduleOperation(request);
            var lookup = new Lookup();
            operation.Ask(lookup);
            if (rig.Store.Workflows.Rows.Count > 0)
                lookup.Know(rig.Store.Workflows.Read(Id(7), CoreRig.Key, rig.Store.Tasks));
            rig.Round((core, draft) => operation.Apply(core, lookup, rig.Now, draft));
            operation.Complete();

            var reply = await operation.Task;
            Assert.Equal((ScheduleOutcome.Done, Id(7)), (reply.Outcome, reply.Task!.Value));
            Assert.Equal(Id(7), Assert.Single(Occurrences).Workflow);
            if (call == 1)
                rig.Exit(Nodes(Occurrences.Single())[0].Row.Id);
        }
    }

    [Fact]
    public void Backfill_StartsAsManyWorkflowsAsAsked()
    {
        var start = DateTimeOffset.FromUnixTimeMilliseconds(rig.Now - 30_000).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'");
        rig.Put("{\"every\":\"10s\",\"paused\":true,\"startAt\":\"" + start + "\"," + Chain + "}");
        var reply = rig.Ask(
            new ScheduleRequest(ScheduleAction.Backfill, "s") { From = rig.Now - 30_000, To = rig.Now, Parallel = 1 });
        Assert.Equal((ScheduleOutcome.Done, 3), (reply.Outcome, reply.Accepted));
        rig.Cancel(Nodes(Occurrences.First())[0].Row.Id);
        Assert.Equal(
            [TaskState.Failed, null, null], Occurrences.Select(static row => row.State));
        Assert.Equal(2, rig.Store.Workflows.Rows.Count);
    }

    [Fact]
    public void Round_CountsAWorkflowAsItsNodes()
    {
        var count = ScheduleRound.MostFirings / 2;
        var nodes = string.Join(
            ',', Enumerable.Range(0, count).Select(static i => $$$"""{"name":"n{{{i}}}","task":{"cmd":"true"}}"""));
        foreach (var id in new[] { "s", "t", "u" })
            rig.Put("{\"every\":\"10s\",\"workflow\":{\"nodes\":[" + nodes + "]}}", id);
        rig.Pass(10_000);
        rig.Round();
        Assert.Equal(2, rig.Rounds);
        Assert.Equal((3, 3 * count), (rig.Store.Workflows.Rows.Count, rig.Store.Tasks.Count));
    }

    [Theory]
    [InlineData("""{"every":"10s","job":{"source":{"range":{"from":0,"to":9}},"process":{"builtin":"square"}}}""")]
    [InlineData("""{"every":"10s","workflow":{"nodes":[{"name":"a","task":{"cmd":"true"}}]}}""")]
    public void Replace_OfATaskBySomethingElse_SkipsWhileTheTaskIsOpen(string other)
    {
        rig.Put("""{"every":"10s","task":{"cmd":"true"}}""");
        rig.Advance(10_000);
        rig.Put(other);
        rig.Advance(10_000);
        Assert.Equal(OccurrenceOutcome.Skipped, Occurrences.Last().Outcome);
        rig.Cancel(Occurrences.First().Task!.Value);
        rig.Advance(10_000);
        Assert.Equal((OccurrenceOutcome.Started, null), (Occurrences.Last().Outcome, Occurrences.Last().Task));
    }

    private static TaskId Id(ulong number) => new(number << 16, number);

    private WorkflowRow Row(OccurrenceRow occurrence) =>
        rig.Store.Workflows.Rows.Values.Single(row => row.Id == occurrence.Workflow);

    private StoredTask[] Nodes(OccurrenceRow occurrence) =>
        [.. rig.Store.Workflows.NodesOf(Row(occurrence), rig.Store.Tasks)];
}
