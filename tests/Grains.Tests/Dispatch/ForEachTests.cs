using OrleansTasks.Tasks;
using OrleansTasks.Workflows;

namespace OrleansTasks.Grains.Tests.Dispatch;

/// <summary>
/// Nodes with <c>forEach</c> through the whole core: their items, their ends, retries, cancels and restarts.
/// </summary>
public sealed class ForEachTests
{
    private const int Bound = 4;
    private readonly CoreRig rig = new(new DispatchOptions { Round = new RoundBounds { Items = Bound } });

    [Fact]
    public void ForEach_List_BecomesTasksInOrder_AndItsNodeEndsWithTheLastOne()
    {
        rig.Node("n", slots: 30);
        var (id, list, each, join) = Submit();
        Assert.Equal("ass", States(list, each, join));
        Leave(list, 10);
        Assert.Equal("+s" + new string('a', 10) + "s", States([list, each, .. Items(each), join]));
        Assert.Equal(Enumerable.Range(0, 10), Items(each).Select(item => rig[item].Submission.Item!.Value.Index));
        Assert.All(Items(each), item => Assert.Equal(
            ("each", each), (rig[item].Submission.WorkflowNode, rig[item].Submission.Item!.Value.Node)));
        Assert.Contains("\"TASK_ITEM\":\"i7\"", SpecOf(Items(each)[7]), StringComparison.Ordinal);
        Assert.Contains("\"TASK_ITEM_INDEX\":\"7\"", SpecOf(Items(each)[7]), StringComparison.Ordinal);
        Assert.Contains("[7]\"", SpecOf(Items(each)[7]), StringComparison.Ordinal);
        foreach (var item in Items(each).Skip(1).Reverse())
            rig.Exit(item);
        Assert.Equal("ss", States(each, join));
        rig.Exit(Items(each)[0]);
        Assert.Equal(("+a", 1), (States(each, join), rig.Rounds));
        rig.Exit(join);
        Assert.Equal(WorkflowState.Succeeded, State(id));
    }

    [Fact]
    public void ForEach_ManyItems_TakeBoundedCommits()
    {
        var (_, list, each, _) = Submit();
        rig.Node("n", slots: 1);
        rig.Lists[list] = [.. Enumerable.Range(0, 10).Select(static item => $"i{item}")];
        rig.Exit(list);
        // One round ends the list's task and finds that the next node begins, then 4, 4 and 2 items.
        Assert.Equal(4, rig.Rounds);
        Assert.Equal((10, 10, 10), Figures(each));
    }

    [Fact]
    public void ForEach_EmptyList_SucceedsAtOnce()
    {
        rig.Node("n");
        var (id, list, each, join) = Submit();
        Leave(list, 0);
        Assert.Equal("++a", States(list, each, join));
        rig.Exit(join);
        Assert.Equal(WorkflowState.Succeeded, State(id));
    }

    [Fact]
    public void ForEach_NoList_FailsWithWhy_AndAgainAfterARetry()
    {
        rig.Node("n");
        var (id, list, each, join) = Submit();
        rig.Exit(list);
        Assert.Equal("+-x", States(list, each, join));
        Assert.Equal((EndReason.BadResult, WorkflowState.Failed), (rig[each].Row.Reason, State(id)));
        Assert.Equal("There is no list.", rig.Store.Workflows.Items[rig[each].Row.No].Fault);
        rig.Lists[list] = ["a"];
        Assert.Equal(WorkflowOutcome.Done, Retry(id));
        Assert.Single(Items(each));
        Assert.Equal("+sas", States([list, each, .. Items(each), join]));
        Assert.Null(rig.Store.Workflows.Items[rig[each].Row.No].Fault);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void ForEach_FailedItems_FailTheNode_AndARetryRunsTheseAlone(bool restarts)
    {
        rig.Node("n", slots: 30);
        var (id, list, each, join) = Submit();
        Leave(list, 11);
        foreach (var item in Items(each))
            rig.Exit(item, rig[item].Submission.Item!.Value.Index % 5 == 4 ? 3 : 0);
        Assert.Equal("+-" + "++++-++++-+" + "x", States([list, each, .. Items(each), join]));
        Assert.Equal((EndReason.Exit, WorkflowState.Failed), (rig[each].Row.Reason, State(id)));
        if (restarts)
            Restart();
        Assert.Equal(WorkflowOutcome.Done, Retry(id));
        if (restarts)
            Restart();
        Assert.Equal("+s" + "++++a++++a+" + "s", States([list, each, .. Items(each), join]));
        rig.Exit(Items(each)[9]);
        rig.Exit(Items(each)[4]);
        Assert.Equal("+a", States(each, join));
        rig.Exit(join);
        Assert.Equal((WorkflowState.Succeeded, 11), (State(id), Items(each).Length));
    }

    [Fact]
    public void ForEach_OwnerDiesBetweenCommits_TheNextOneGoesOnBehindTheLastItem()
    {
        var (_, list, each, _) = Submit();
        rig.Node("n", slots: 30);
        rig.Lists[list] = [.. Enumerable.Range(0, 11).Select(static item => $"i{item}")];
        rig.ReadsItems = false;
        rig.Exit(list);
        Restart(readsNothing: true);
        // What the other node has left is not read again.
        rig.Lists.Clear();
        for (var made = 0; made < 11; made = Items(each).Length)
        {
            rig.Lists[list] = made == 0 ? [.. Enumerable.Range(0, 11).Select(static item => $"i{item}")] : ["other"];
            rig.ReadOnce();
            Assert.InRange(Items(each).Length - made, 1, Bound);
            Restart(readsNothing: true);
        }

        Assert.Equal(Enumerable.Range(0, 11), Items(each).Select(item => rig[item].Submission.Item!.Value.Index));
        Assert.Contains("\"TASK_ITEM\":\"i10\"", SpecOf(Items(each)[10]), StringComparison.Ordinal);
        foreach (var item in Items(each))
        {
            Restart();
            rig.Exit(item);
        }

        Assert.Equal("+", States(each));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void ForEach_Cancelled_MakesNoFurtherItems_AndEndsWithTheOpenOnes(bool ofNode)
    {
        rig.Node("n", slots: 2);
        var (id, list, each, join) = Submit();
        Leave(list, 10);
        if (ofNode)
            Assert.Equal(ControlOutcome.Changed, rig.Cancel(each));
        else
            Cancel(id);
        Assert.Equal("saaxxxxxxxx", States([each, .. Items(each)]));
        Restart();
        if (ofNode)
            Assert.Equal(ControlOutcome.Unchanged, rig.Cancel(each));
        rig.End(rig.LeaseOf(Items(each)[0]), EndReason.Cancelled, signal: "TERM");
        // One succeeds all the same, which does not change that the node was cancelled.
        rig.Exit(Items(each)[1]);
        Assert.Equal("xx+xxxxxxxx", States([each, .. Items(each)]));
        Assert.Equal("x", States(join));
        Assert.Equal(ofNode ? WorkflowState.Failed : WorkflowState.Cancelled, State(id));
        Assert.Equal(WorkflowOutcome.Done, Retry(id));
        Assert.Equal("o+oooooooo", States(Items(each)).Replace('a', 'o').Replace('q', 'o'));
        for (var item = 0; item < 10; item++)
        {
            if (item != 1)
                rig.Exit(Items(each)[item]);
        }

        Assert.Equal("+a", States(each, join));
    }

    [Fact]
    public void ForEach_CancelledBeforeItsListIsRead_EndsAtOnce()
    {
        rig.Node("n", slots: 2);
        rig.ReadsItems = false;
        var (id, list, each, join) = Submit();
        Leave(list, 10);
        Assert.Equal("+ss", States(list, each, join));
        Assert.Equal("waiting-for", Assert.Single(rig.Core.Waits.Of(each).Reasons).Code);
        Cancel(id);
        rig.ReadsItems = true;
        rig.Round();
        Assert.Equal("+xx", States(list, each, join));
        Assert.Empty(Items(each));
    }

    [Fact]
    public void ForEach_OnFailureCancel_EndsWithTheFirstFailedItem_UnlessTheNodeMayFail()
    {
        foreach (var mayFail in new[] { false, true })
        {
            var run = new CoreRig();
            run.Node("n", slots: 30);
            var (id, list, each, join) = Submit(run, FailureRule.Cancel, mayFail);
            var cleanup = run.Store.Tasks.Values
                .Single(static task => task.Submission.WorkflowNode == "cleanup").Row.Id;
            run.Lists[list] = ["a", "b", "c"];
            run.Exit(list);
            run.Exit(Items(run, each)[1], 1);
            Assert.Equal(mayFail, Items(run, each).All(item => run[item].Row.CancelRequestedAt == 0));
            run.Exit(Items(run, each)[0]);
            run.Exit(Items(run, each)[2]);
            // Failed, not cancelled: so the node that waits for its failure runs.
            Assert.Equal((TaskState.Failed, EndReason.Exit), (run.State(each), run[each].Row.Reason));
            Assert.Equal((TaskState.Cancelled, TaskState.Assigned), (run.State(join), run.State(cleanup)));
            run.Exit(cleanup);
            Assert.Equal(
                mayFail ? WorkflowState.Succeeded : WorkflowState.Failed,
                run.Store.Workflows.Rows.Values.Single(row => row.Id == id).State);
        }
    }

    [Fact]
    public void ForEach_CancelledAfterAnItemFailed_Fails()
    {
        rig.Node("n", slots: 30);
        var (id, list, each, _) = Submit();
        Leave(list, 3);
        rig.Exit(Items(each)[1], 7);
        rig.Cancel(each);
        rig.Exit(Items(each)[0]);
        rig.End(rig.LeaseOf(Items(each)[2]), EndReason.Cancelled, signal: "TERM");
        Assert.Equal("-+-x", States([each, .. Items(each)]));
        Assert.Equal((EndReason.Exit, WorkflowState.Failed), (rig[each].Row.Reason, State(id)));
    }

    [Fact]
    public void ForEach_SeveralNodesBegin_OneListIsReadAtATime()
    {
        rig.ReadsItems = false;
        rig.Node("n", slots: 1);
        TaskId[] nodes = [.. Enumerable.Range(0, 3).Select(_ =>
        {
            var (_, list, each, _) = Submit();
            Leave(list, 2 * Bound);
            return each;
        })];
        // Each list is dealt with by two rounds, and only then the next one is read.
        foreach (var node in nodes)
        {
            rig.ReadsItems = true;
            rig.ReadOnce();
            rig.ReadsItems = false;
            Assert.Equal((Bound, null), (Items(node).Length, rig.Core.Items.Wanted));
            rig.Round();
            Assert.Equal(2 * Bound, Items(node).Length);
        }

        Assert.Null(rig.Core.Items.Wanted);
    }

    [Fact]
    public void ForEach_ItemRetried_RunsItsNodeAgain_OnceThatHasEnded()
    {
        rig.Node("n", slots: 30);
        var (id, list, each, join) = Submit(rig, FailureRule.Continue, mayFail: false, withOther: true);
        Leave(list, 3);
        rig.Exit(Items(each)[0], 1);
        Assert.Equal(WorkflowOutcome.NotRetryable, Retry(id, Items(each)[0]));
        Assert.Equal(ControlOutcome.NotRetryable, rig.Retry(Items(each)[0]));
        rig.Exit(Items(each)[1]);
        rig.Exit(Items(each)[2]);
        Assert.Equal(("-x", WorkflowState.Running), (States(each, join), State(id)));
        Assert.Equal(WorkflowOutcome.Done, Retry(id, Items(each)[0]));
        Assert.Equal("sa++s", States([each, .. Items(each), join]));
    }

    [Fact]
    public void ForEach_ExpiresAt_IsThatOfItsItems_OnceItHasBegun()
    {
        var expiry = rig.Now + 60_000;
        var (_, list, each, _) = Submit(rig, FailureRule.Continue, mayFail: false, expiresAt: expiry);
        rig.Node("n", slots: 1);
        Leave(list, 2);
        rig.Start(Items(each)[0]);
        rig.Advance(120_000);
        Assert.Equal("s", States(each));
        Restart();
        rig.Round();
        Assert.Equal("s", States(each));
    }

    [Fact]
    public void ForEach_AListThatCannotBeReadNow_LetsOthersGoFirst()
    {
        rig.Node("n", slots: 30);
        var (_, first, unreadable, _) = Submit();
        var (_, second, each, _) = Submit();
        rig.ReadsItems = false;
        Leave(first, 2);
        Leave(second, 2);
        var node = rig.Core.Items.Wanted!;
        Assert.Equal(unreadable, node.Task);

        rig.Core.Items.WasNotRead(node);

        Assert.Equal(each, rig.Core.Items.Wanted!.Task);
        rig.ReadsItems = true;
        rig.Round();
        Assert.Equal((2, 2), (Items(each).Length, Items(unreadable).Length));
    }

    internal static (TaskId Id, TaskId List, TaskId Each, TaskId Join) Submit(
        CoreRig rig, FailureRule rule, bool mayFail, bool withOther = false, long expiresAt = 0)
    {
        var list = rig.Submission() with { WorkflowNode = "list" };
        var each = rig.Submission(expiresAt: expiresAt) with
        {
            WorkflowNode = "each", IsForEach = true, After = [new TaskDependency(list.Id, EndCondition.Succeeded)],
        };
        var join = rig.Submission() with
        {
            WorkflowNode = "join", After = [new TaskDependency(each.Id, EndCondition.Succeeded)],
        };
        var outline = new WorkflowOutline("w", rule, [],
        [
            new OutlineNode("list", false, []),
            new OutlineNode("each", mayFail, [new WorkflowEdge(0, EndCondition.Succeeded)])
            {
                ForEach = new ForEach(0, ItemsFrom.Result, ""),
            },
            new OutlineNode("join", false, [new WorkflowEdge(1, EndCondition.Succeeded)]),
        ]);
        ImmutableArray<TaskSubmission> tasks = [list, each, join];
        if (rule == FailureRule.Cancel)
        {
            tasks = tasks.Add(rig.Submission() with
            {
                WorkflowNode = "cleanup", After = [new TaskDependency(each.Id, EndCondition.Failed)],
            });
            outline = outline with
            {
                Nodes = outline.Nodes.Add(
                    new OutlineNode("cleanup", false, [new WorkflowEdge(1, EndCondition.Failed)])),
            };
        }

        if (withOther)
        {
            tasks = tasks.Add(rig.Submission() with { WorkflowNode = "other" });
            outline = outline with { Nodes = outline.Nodes.Add(new OutlineNode("other", false, [])) };
        }

        var id = rig.Submission().Id;
        var request = new SubmitRequest(tasks, id, null) { Workflow = new WorkflowStart(id, outline.Write()) };
        rig.Round((core, draft) => core.Accept(request, null, rig.Now, draft));
        return (id, list.Id, each.Id, join.Id);
    }

    private (TaskId Id, TaskId List, TaskId Each, TaskId Join) Submit() =>
        Submit(rig, FailureRule.Continue, mayFail: false);

    private void Leave(TaskId list, int count)
    {
        rig.Lists[list] = [.. Enumerable.Range(0, count).Select(static item => $"i{item}")];
        rig.Exit(list);
    }

    private void Restart(bool readsNothing = false)
    {
        rig.ReadsItems = !readsNothing;
        rig.Restart();
        rig.Offer("n", 30);
        rig.ReadsItems = true;
    }

    private string SpecOf(TaskId id) => System.Text.Encoding.UTF8.GetString(rig[id].Submission.Spec.Span);

    internal static TaskId[] Items(CoreRig rig, TaskId node) =>
    [
        .. rig.Store.Tasks.Values.Where(task => task.Submission.Item?.Node == node).OrderBy(static task => task.Row.No)
            .Select(static task => task.Row.Id),
    ];

    private TaskId[] Items(TaskId node) => Items(rig, node);

    private (int Count, int Made, int Next) Figures(TaskId node) =>
        rig.Store.Workflows.Items[rig[node].Row.No] is var row ? (row.Count, row.Made, row.Next) : default;

    private WorkflowState State(TaskId id) => rig.Store.Workflows.Rows.Values.Single(row => row.Id == id).State;

    // s scheduled, q queued, a at a node, + succeeded, - failed, x cancelled.
    private string States(params TaskId[] tasks) =>
        string.Concat(tasks.Select(task => "sqaa+-x"[(int)rig.State(task)]));

    private void Cancel(TaskId id) => rig.Round((core, draft) => core.Workflows.Cancel(id, null, rig.Now, draft));

    private WorkflowOutcome Retry(TaskId id, TaskId? only = null)
    {
        var reply = WorkflowReply.Done;
        var stored = rig.Store.Workflows.Read(id, rig.Queue, rig.Store.Tasks);
        rig.Round((core, draft) => reply = core.Workflows.Retry(stored, only, rig.Now, draft));
        return reply.Outcome;
    }
}
