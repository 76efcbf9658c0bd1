using OrleansTasks.Audit;
using OrleansTasks.Events;
using OrleansTasks.Tasks;
using OrleansTasks.Workflows;

namespace OrleansTasks.Grains.Tests.Dispatch;

/// <summary>
/// Workflows through the whole core; the <see cref="ModelWorkflows"/> folds their states after each commit.
/// </summary>
public sealed class WorkflowTests
{
    private readonly CoreRig rig = new();

    [Fact]
    public void Workflow_Diamond_RunsInOrder_AndEndsInTheCommitOfItsLastNode()
    {
        rig.Node("n", slots: 9);
        var (id, nodes) = Submit(FailureRule.Continue, N("d", "b", "c"), N("b", "a"), N("c", "a"), N("a"));
        Assert.Equal("sssa", States(nodes));
        rig.Exit(nodes[3]);
        Assert.Equal("saa+", States(nodes));
        rig.Exit(nodes[1]);
        rig.Exit(nodes[2]);
        Assert.Equal("a+++", States(nodes));
        Assert.Equal(WorkflowState.Running, State(id));
        rig.Exit(nodes[0]);
        Assert.Equal((WorkflowState.Succeeded, rig.Now), (State(id), Row(id).EndedAt));
        Assert.Equal(
            [ResourceState.Running, ResourceState.Succeeded],
            rig.Store.Resources.Select(static one => one.State));
        Assert.All(
            rig.Store.Resources,
            one => Assert.Equal((ResourceKind.Workflow, id.ToString()), (one.Kind, one.Id)));
        Assert.NotEmpty(rig.Last.Writes);
        Assert.Equal(WorkflowOutcome.Finished, Cancel(id));
    }

    [Fact]
    public void Workflow_Failure_SkipsWhatWaits_AndMayFailLeavesTheState()
    {
        rig.Node("n", slots: 9);
        var (id, nodes) = Submit(FailureRule.Continue, N("a") with { MayFail = true }, N("b", "a"), N("c", "a:failed"));
        rig.Exit(nodes[0], 1);
        Assert.Equal("-xa", States(nodes));
        rig.Exit(nodes[2]);
        Assert.Equal(WorkflowState.Succeeded, State(id));
    }

    [Fact]
    public void Workflow_SkippedLast_EndsInTheCommitThatSkips()
    {
        rig.Node("n");
        var (id, nodes) = Submit(FailureRule.Continue, N("a"), N("b", "a"), N("c", "b"));
        rig.Exit(nodes[0], 1);
        Assert.Equal(("-xx", WorkflowState.Failed, 1), (States(nodes), State(id), rig.Rounds));
    }

    [Fact]
    public void Workflow_OnFailureCancel_EndsTheRest_ButNotWhatCleansUp()
    {
        rig.Node("n", slots: 2);
        var (id, nodes) = Submit(
            FailureRule.Cancel, N("a"), N("b"), N("c"), N("late", "b"), N("clean", "a:failed"), N("always", "b:ended"),
            N("next", "clean"));
        Assert.Equal("aaqssss", States(nodes));
        rig.Exit(nodes[0], 1);
        // The failed node freed a slot for the node that cleans up; the cancelled one ends when its node says so.
        Assert.Equal("-axxasx", States(nodes));
        Assert.NotEqual(0, rig[nodes[1]].Row.CancelRequestedAt);
        Assert.Equal(EndReason.Cancelled, rig[nodes[3]].Row.Reason);
        Assert.Equal(WorkflowOutcome.NotRetryable, Retry(id));
        rig.End(rig.LeaseOf(nodes[1]), EndReason.Cancelled, signal: "KILL");
        Assert.Equal("-xxxaax", States(nodes));
        rig.Exit(nodes[4]);
        rig.Exit(nodes[5]);
        Assert.Equal(WorkflowState.Failed, State(id));
    }

    [Fact]
    public void Cancel_ThatChangesNothing_IsNotRecorded_BesideOneThatDoes()
    {
        var (first, _) = Submit(FailureRule.Continue, N("a"), N("clean", "a:ended"));
        var (second, _) = Submit(FailureRule.Continue, N("a"));
        rig.Round((core, draft) =>
        {
            for (ulong request = 1; request <= 3; request++)
                core.Workflows.Cancel(first, OriginOf(request), rig.Now, draft);
            core.Workflows.Cancel(second, OriginOf(4), rig.Now, draft);
            core.Workflows.Cancel(first, OriginOf(5), rig.Now, draft);
            Assert.Equal<ulong>([1, 2, 4], draft.Audit.Select(static record => record.Origin.Id.Low).Order());
        });
    }

    [Fact]
    public void Workflow_Cancelled_SparesCleanup_UntilCancelledAgain()
    {
        var (id, nodes) = Submit(FailureRule.Continue, N("a"), N("clean", "a:ended"));
        Assert.Equal(WorkflowOutcome.Done, Cancel(id));
        Assert.Equal(("xq", WorkflowState.Running), (States(nodes), State(id)));
        Assert.Equal(WorkflowOutcome.NotRetryable, Retry(id));
        rig.Restart();
        rig.Round();
        Assert.Equal("xq", States(nodes));
        Cancel(id);
        Assert.Equal(("xx", WorkflowState.Cancelled), (States(nodes), State(id)));
        Assert.Equal(WorkflowOutcome.Done, Retry(id));
        Assert.Equal(
            ("qs", WorkflowState.Running, 2, 0L), (States(nodes), State(id), Row(id).Run, Row(id).CancelRequestedAt));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Workflow_Retried_RunsWhatDidNotSucceed_AndWaitsAgain(bool restarts)
    {
        rig.Node("n", slots: 9);
        var (id, nodes) = Submit(
            FailureRule.Continue, N("ok"), N("a"), N("b", "a"), N("note", "a:failed"), N("both", "ok", "b"));
        rig.Exit(nodes[0]);
        rig.Exit(nodes[1], 1);
        rig.Exit(nodes[3], 1);
        Assert.Equal(("+-x-x", WorkflowState.Failed), (States(nodes), State(id)));
        if (restarts)
            Restart(rig, 9);
        Assert.Equal(WorkflowOutcome.Done, Retry(id));
        // The third ran before, and waits again for what it waits for.
        Assert.Equal("+asss", States(nodes));
        Assert.Equal((1, long.MaxValue), (rig[nodes[3]].Row.Attempt, rig[nodes[3]].Row.DueAt));
        if (restarts)
            Restart(rig, 9);
        rig.SetClock(-1_000_000);
        rig.Exit(nodes[1]);
        Assert.Equal("++axs", States(nodes));
        rig.Exit(nodes[2]);
        rig.Exit(nodes[4]);
        Assert.Equal((WorkflowState.Succeeded, 2), (State(id), Row(id).Run));
    }

    [Fact]
    public void Workflow_OneNodeRetried_TakesThoseBelowAlong_AndNoOthers()
    {
        rig.Node("n", slots: 9);
        var (id, nodes) = Submit(FailureRule.Continue, N("a"), N("b", "a"), N("c"), N("d", "c"), N("open"));
        rig.Exit(nodes[0], 1);
        rig.Exit(nodes[2], 1);
        Assert.Equal("-x-xa", States(nodes));
        Assert.Equal(ControlOutcome.NotRetryable, rig.Retry(nodes[0]));
        Assert.Equal(WorkflowOutcome.NotRetryable, Retry(id, nodes[4]));
        Assert.Equal(WorkflowOutcome.Done, Retry(id, nodes[0]));
        Assert.Equal("as-xa", States(nodes));
        rig.Exit(nodes[0]);
        rig.Exit(nodes[1]);
        rig.Exit(nodes[4]);
        Assert.Equal((WorkflowState.Failed, 2), (State(id), Row(id).Run));
        Assert.Equal(WorkflowOutcome.Finished, Retry(id, nodes[2]));
    }

    [Fact]
    public void Workflow_OnlyFailureIsRetriedWhileOthersRun_Succeeds()
    {
        rig.Node("n", slots: 9);
        var (id, nodes) = Submit(FailureRule.Continue, N("a"), N("open"));
        rig.Exit(nodes[0], 1);
        Assert.Equal(WorkflowOutcome.Done, Retry(id, nodes[0]));
        rig.Exit(nodes[0]);
        rig.Exit(nodes[1]);
        Assert.Equal((WorkflowState.Succeeded, 2), (State(id), Row(id).Run));
    }

    [Fact]
    public void Workflow_CancelOfMany_TakesBoundedRounds()
    {
        var (id, nodes) = Submit(FailureRule.Continue, [.. Enumerable.Range(0, 3_000).Select(static i => N($"n{i}"))]);
        Cancel(id);
        Assert.Equal((3, WorkflowState.Cancelled), (rig.Rounds, State(id)));
        Assert.All(nodes, node => Assert.Equal(TaskState.Cancelled, rig.State(node)));
    }

    [Fact]
    public void Workflow_SubmittedAgain_IsAcceptedOnce()
    {
        var request = Request(FailureRule.Continue, N("a"), N("b", "a"));
        Accept(request);
        Accept(request with { Repeated = true });
        rig.Restart();
        Accept(request with { Repeated = true });
        Assert.Equal(2, rig.Store.Tasks.Count);
        Assert.Single(rig.Store.Workflows.Rows);
    }

    // Ten lines say what the dispatcher's graph, counts, rounds and restarts must come to.
    [Fact]
    public void Workflow_RandomGraphs_EndAsAPlainInterpreterSays()
    {
        var random = new Random(7);
        for (var round = 0; round < 150; round++)
        {
            var count = random.Next(1, 12);
            var specs = Enumerable.Range(0, count).Select(i => new Spec(
                $"n{i}", random.Next(4) == 0,
                [.. Enumerable.Range(0, i).Where(_ => random.Next(3) == 0)
                    .Select(j => (j, (EndCondition)random.Next(3)))])).ToArray();
            var order = Enumerable.Range(0, count).ToArray();
            random.Shuffle(order);
            Spec[] shuffled = [.. order.Select(
                i => specs[i] with { After = [.. specs[i].After.Select(e => (Array.IndexOf(order, e.Node), e.On))] })];
            var exits = Enumerable.Range(0, count).Select(_ => random.Next(3) == 0 ? 1 : 0).ToArray();
            var expected = new TaskState[count];
            foreach (var i in Enumerable.Range(0, count))
            {
                var isMet = specs[i].After.All(edge => edge.On.IsMetBy(expected[edge.Node]));
                expected[i] = !isMet ? TaskState.Cancelled : exits[i] == 0 ? TaskState.Succeeded : TaskState.Failed;
            }

            var hasFailed = Enumerable.Range(0, count).Any(i => expected[i] == TaskState.Failed && !specs[i].MayFail);
            var run = new CoreRig(seed: round);
            var slots = random.Next(1, 4);
            run.Node("n", slots: slots);
            var (id, nodes) = Submit(run, FailureRule.Continue, shuffled);
            while (run.Store.Workflows.Rows.Values.Single().State == WorkflowState.Running)
            {
                var held = nodes.Where(node => run.State(node).IsLeased()).ToArray();
                Assert.NotEmpty(held);
                var node = held[random.Next(held.Length)];
                if (random.Next(5) == 0)
                    Restart(run, slots);
                run.Exit(node, exits[order[Array.IndexOf(nodes, node)]]);
            }

            Assert.Equal(order.Select(i => expected[i]), nodes.Select(run.State));
            Assert.Equal(hasFailed ? WorkflowState.Failed : WorkflowState.Succeeded,
                run.Store.Workflows.Rows.Values.Single().State);
            Assert.Equal(2, run.Store.Resources.Count(one => one.Id == id.ToString()));
        }
    }

    private sealed record Spec(string Name, bool MayFail, (int Node, EndCondition On)[] After)
    {
        public string[] Names { get; init; } = [];
    }

    // Names with a condition: a:failed.
    private static Spec N(string name, params string[] after) => new(name, false, []) { Names = after };

    private SubmitRequest Request(FailureRule rule, params Spec[] specs) => Request(rig, rule, specs);

    private static SubmitRequest Request(CoreRig rig, FailureRule rule, Spec[] specs)
    {
        var names = specs.Select(static spec => spec.Name).ToList();
        specs =
        [
            .. specs.Select(spec => spec.Names.Length == 0 ? spec : spec with
            {
                After =
                [
                    .. spec.Names.Select(name => (
                        names.IndexOf(name.Split(':')[0]),
                        name.EndsWith(":failed", StringComparison.Ordinal) ? EndCondition.Failed
                        : name.EndsWith(":ended", StringComparison.Ordinal) ? EndCondition.Ended
                        : EndCondition.Succeeded)),
                ],
            }),
        ];
        var tasks = specs.Select(_ => rig.Submission()).ToArray();
        for (var i = 0; i < tasks.Length; i++)
        {
            if (specs[i].After.Length > 0)
                tasks[i] = tasks[i] with
                {
                    After = [.. specs[i].After.Select(edge => new TaskDependency(tasks[edge.Node].Id, edge.On))],
                };
            tasks[i] = tasks[i] with { WorkflowNode = specs[i].Name };
        }

        var outline = new WorkflowOutline("w", rule, [], [.. specs.Select(static spec =>
            new OutlineNode(spec.Name, spec.MayFail,
                [.. spec.After.Select(static edge => new WorkflowEdge(edge.Node, edge.On))]))]);
        var id = rig.Submission().Id;
        return new SubmitRequest([.. tasks], id, null) { Workflow = new WorkflowStart(id, outline.Write()) };
    }

    private (TaskId Id, TaskId[] Nodes) Submit(FailureRule rule, params Spec[] specs) => Submit(rig, rule, specs);

    private static (TaskId Id, TaskId[] Nodes) Submit(CoreRig rig, FailureRule rule, Spec[] specs)
    {
        var request = Request(rig, rule, specs);
        Accept(rig, request);
        return (request.Workflow!.Id, [.. request.Tasks.Select(static task => task.Id)]);
    }

    private void Accept(SubmitRequest request) => Accept(rig, request);

    private static void Accept(CoreRig rig, SubmitRequest request) => rig.Round((core, draft) => core.Accept(
        request, request.Repeated ? rig.Store.Tasks.ContainsKey : null, rig.Now, draft));

    private static void Restart(CoreRig rig, int slots)
    {
        rig.Restart();
        rig.Offer("n", slots);
    }

    private Storage.WorkflowRow Row(TaskId id) => rig.Store.Workflows.Rows.Values.Single(row => row.Id == id);

    private WorkflowState State(TaskId id) => Row(id).State;

    // s scheduled, q queued, a at a node, + succeeded, - failed, x cancelled.
    private string States(TaskId[] nodes) => string.Concat(nodes.Select(node => "sqaa+-x"[(int)rig.State(node)]));

    private WorkflowOutcome Cancel(TaskId id)
    {
        var reply = WorkflowReply.Done;
        rig.Round((core, draft) => reply = core.Workflows.Cancel(id, null, rig.Now, draft));
        return reply.Outcome;
    }

    private static Origin OriginOf(ulong request) =>
        new(new TaskId(0, request), AuditActions.CancelWorkflow, null);

    private WorkflowOutcome Retry(TaskId id, TaskId? only = null)
    {
        var reply = WorkflowReply.Done;
        var stored = rig.Store.Workflows.Read(id, rig.Queue, rig.Store.Tasks);
        rig.Round((core, draft) => reply = core.Workflows.Retry(stored, only, rig.Now, draft));
        return reply.Outcome;
    }
}
