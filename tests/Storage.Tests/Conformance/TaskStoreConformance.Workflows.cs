using OrleansTasks.Events;
using OrleansTasks.Workflows;

namespace OrleansTasks.Storage.Tests.Conformance;

public abstract partial class TaskStoreConformance
{
    // A workflow and the tasks of its nodes, as one commit writes them.
    private static (WorkflowRow Row, TaskWrite[] Tasks, QueueCommit Commit) NewWorkflow(
        TestQueue queue, int count, string name = "build")
    {
        var placeholder = queue.New();
        var row = new WorkflowRow(placeholder.Row.No, placeholder.Row.Id, count, name, [new Label("team", "a")]);
        TaskWrite[] tasks = [.. Enumerable.Range(0, count).Select(_ => queue.New(batch: row.Id))];
        return (row, tasks, queue.Plan(tasks) with
        {
            Workflows = new WorkflowCommit
            {
                Rows = [row],
                Outlines = new Dictionary<long, ReadOnlyMemory<byte>>
                {
                    [row.No] = TestRows.Bytes("outline of " + name),
                },
            },
            Resources = [new ResourceChange(ResourceKind.Workflow, row.Id.ToString(), ResourceState.Running)],
        });
    }

    private static Task<CommitResult> Change(TestQueue queue, WorkflowRow row, params TaskWrite[] tasks) =>
        queue.TryCommit(queue.Plan(tasks) with { Workflows = new WorkflowCommit { Rows = [row] } });

    private static string Text(WorkflowRow row) =>
        (row with { Labels = [] }) + string.Join(",", row.Labels.Select(static label => $"{label.Key}={label.Value}"));

    [Fact]
    public async Task Workflows_Written_AreReadBackWithTheirNodesAfterAReopen()
    {
        var queue = await Take("q");
        var (row, tasks, commit) = NewWorkflow(queue, 3);
        Assert.Equal(CommitResult.Committed, await queue.TryCommit(commit));
        await queue.Commit(queue.New(), TestQueue.Change(tasks[1], static one => one.Running().Ended(3)));
        Reopen();

        var found = (await Store.Workflows.Get(row.Id))!;
        Assert.Equal((queue.Name, Text(row), "outline of build"),
            (found.Queue, Text(found.Row), TestRows.Text(found.Outline)));
        var nodes = await Store.Workflows.Nodes(row.Id);
        Assert.Equal(tasks.Select(static (task, index) => (index, task.Row.Id)),
            nodes.Select(static node => (node.Node, node.Task)));
        Assert.Equal(
            (TaskState.Failed, EndReason.Exit, (int?)3, 1000L, 2000L),
            (nodes[1].State, nodes[1].Reason, nodes[1].ExitCode, nodes[1].StartedAt, nodes[1].EndedAt));
        Assert.Equal((0L, 0L), (nodes[2].StartedAt, nodes[2].EndedAt));
        Assert.Null(await Store.Workflows.Get(tasks[0].Row.Id));
        Assert.Empty(await Store.Workflows.Nodes(tasks[0].Row.Id));
    }

    [Fact]
    public async Task Inputs_OfNodes_AreTheResultsOfTheNodesInTheirAfter()
    {
        var queue = await Take("q");
        var placeholder = queue.New().Row;
        var row = new WorkflowRow(placeholder.No, placeholder.Id, 4, "w", []) { Run = 3 };
        var good = Node(queue, row, "good");
        var bad = Node(queue, row, "bad");
        var plain = Node(queue, row, "plain");
        TaskDependency[] after =
        [
            new(plain.Row.Id, EndCondition.Ended), new(bad.Row.Id, EndCondition.Failed),
            new(good.Row.Id, EndCondition.Succeeded),
        ];
        var last = Node(queue, row, "last", after);
        var outside = queue.New();
        var plan = queue.Plan([good, bad, plain, last, outside]) with
        {
            Workflows = new WorkflowCommit
            {
                Rows = [row],
                Outlines = new Dictionary<long, ReadOnlyMemory<byte>> { [row.No] = TestRows.Bytes("{}") },
            },
        };
        Assert.Equal(CommitResult.Committed, await queue.TryCommit(plan));
        await queue.Commit(End(good, 0, "[1, 2]"), End(bad, 1, "[3]"), End(plain, 0, ""));
        Reopen();

        Assert.Equal(
            [true, true, true, true, false],
            (await Store.Match(TaskFilter.All, null, 10)).Select(static match => match.IsWorkflowNode));
        var found = await Store.Workflows.Inputs([last.Row.Id, outside.Row.Id, good.Row.Id, new TaskId(4, 4)], 6);
        Assert.Equal(2, found.Length);
        var inputs = found.Single(one => one.Task == last.Row.Id);
        Assert.Equal(3, inputs.Run);
        Assert.Equal(
            [("plain", ""), ("bad", ""), ("good", "[1, 2]")],
            inputs.After.Select(static one => (one.Node, TestRows.Text(one.Value))));
        Assert.Empty(found.Single(one => one.Task == good.Row.Id).After);
        Assert.True(Assert.Single(await Store.Workflows.Inputs([last.Row.Id], 5)).After.IsDefault);
    }

    private static TaskWrite Node(
        TestQueue queue, WorkflowRow row, string name, params TaskDependency[] after) => queue.New(
        task => task with { WorkflowNode = name, After = after.Length == 0 ? null : [.. after] }, batch: row.Id);

    private static TaskWrite End(TaskWrite write, int exitCode, string value)
    {
        var row = write.Row.Running().Ended(exitCode);
        return new TaskWrite { Row = row, Result = TestRows.Result(row) with { Value = TestRows.Bytes(value) } };
    }

    [Fact]
    public async Task Workflows_Changed_KeepTheirOutline()
    {
        var queue = await Take("q");
        var (row, _, commit) = NewWorkflow(queue, 1);
        await queue.TryCommit(commit);
        var changed = row with
        {
            State = WorkflowState.Cancelled, Run = 4, EndedAt = 70, CancelRequestedAt = 60, CancelsAll = true,
        };
        Assert.Equal(CommitResult.Committed, await Change(queue, changed));
        var found = (await Store.Workflows.Get(row.Id))!;
        Assert.Equal((Text(changed), "outline of build"), (Text(found.Row), TestRows.Text(found.Outline)));
        Assert.Empty(await Store.Workflows.LoadOpen(queue.No, 0, 9));
    }

    [Fact]
    public async Task Workflows_ChangeOfOneThatIsNotStored_IsRefused()
    {
        var queue = await Take("q");
        var task = queue.New();
        var result = await Change(queue, new WorkflowRow(queue.LastNo + 99, task.Row.Id, 1, "x", []), task);
        Assert.Equal(CommitOutcome.Refused, result.Outcome);
        Assert.Null(await Store.Get(task.Row.Id));
    }

    [Fact]
    public async Task Workflows_AreLoadedAndListedInPages()
    {
        var (one, two) = (await Take("a"), await Take("b"));
        var rows = new List<WorkflowRow>();
        foreach (var (queue, name) in new[] { (one, "x"), (two, "y"), (one, "z") })
        {
            var (row, _, commit) = NewWorkflow(queue, 2, name);
            Assert.Equal(CommitResult.Committed, await queue.TryCommit(commit));
            rows.Add(row);
        }

        Assert.Equal(["x"], (await Store.Workflows.LoadOpen(one.No, 0, 1)).Select(static found => found.Row.Name));
        Assert.Equal(
            ["z"], (await Store.Workflows.LoadOpen(one.No, rows[0].No, 9)).Select(static found => found.Row.Name));
        Assert.Equal(["y"], (await Store.Workflows.LoadOpen(two.No, 0, 9)).Select(static found => found.Row.Name));
        Assert.Equal(["z", "y"], (await Store.Workflows.List(null, 2)).Select(static found => found.Row.Name));
        var last = Assert.Single(await Store.Workflows.List(rows[1].Id, 9));
        Assert.Equal((Text(rows[0]), one.Name, true), (Text(last.Row), last.Queue, last.Outline.IsEmpty));
    }

    [Fact]
    public async Task Workflows_Retention_SparesTheirTasksUntilTheyHaveEnded()
    {
        var queue = await Take("q");
        var (row, tasks, commit) = NewWorkflow(queue, 2);
        var plain = queue.New();
        await queue.TryCommit(commit);
        await queue.Commit([plain]);
        await queue.Commit(
            TestQueue.Change(plain, static one => one.Running().Ended()),
            TestQueue.Change(tasks[0], static one => one.Running().Ended(1)));
        Assert.Equal([plain.Row.Id], await Store.Prune(5000, 5000, 100));

        await Change(
            queue, row with { State = WorkflowState.Failed, EndedAt = 4000 },
            TestQueue.Change(tasks[1], static one => one.Running().Ended(0, 4000)));
        // By the time of failed tasks, also those of its tasks that succeeded.
        Assert.Empty(await Store.Prune(5000, 4000, 100));
        Assert.Equal(tasks.Select(static task => task.Row.Id), await Store.Prune(5000, 4001, 100));
        Assert.Null(await Store.Workflows.Get(row.Id));
        Assert.Equal(CommitOutcome.Refused, (await Change(queue, row)).Outcome);
    }

    [Fact]
    public async Task Workflows_Retention_BehindMoreKeptTasksThanAPage_RemovesWhatIsFree()
    {
        var queue = await Take("q");
        var (row, tasks, commit) = NewWorkflow(queue, 2100);
        TaskWrite[] free = [queue.New(), queue.New(), queue.New()];
        Assert.Equal(CommitResult.Committed, await queue.TryCommit(commit));
        await queue.Commit(free);
        await Change(
            queue, row with { State = WorkflowState.Failed, EndedAt = 4000 },
            [.. tasks.Select(static task => TestQueue.Change(task, static one => one.Running().Ended()))]);
        await queue.Commit(
            TestQueue.Change(free[0], static one => one.Running().Ended(at: 2500)),
            TestQueue.Change(free[1], static one => one.Running().Ended(1, at: 2501)),
            TestQueue.Change(free[2], static one => one.Running().Ended(at: 2502)));

        Assert.Equal([free[0].Row.Id, free[1].Row.Id], await Store.Prune(5000, 3000, 2));
        Assert.Equal([free[2].Row.Id], await Store.Prune(5000, 3000, 2));
        Assert.Empty(await Store.Prune(5000, 3000, 2));
        Assert.Equal(
            tasks.Select(static task => task.Row.Id).Order(), (await Store.Prune(5000, 4001, 3000)).Order());
    }

    [Fact]
    public async Task Items_Written_AreReadBackWithTheirTasksAndResults_UntilTheirWorkflowIsRemoved()
    {
        var queue = await Take("q");
        var placeholder = queue.New().Row;
        var row = new WorkflowRow(placeholder.No, placeholder.Id, 3, "w", []) { Run = 2 };
        var list = Node(queue, row, "list");
        var each = queue.New(
            task => task with
            {
                WorkflowNode = "each", IsForEach = true, After = [new(list.Row.Id, EndCondition.Succeeded)],
                Concurrency = new TaskConcurrency("item 7 x", 1),
            },
            static one => one.Waiting(long.MaxValue), batch: row.Id);
        var join = Node(queue, row, "join", new TaskDependency(each.Row.Id, EndCondition.Succeeded));
        Assert.Equal(CommitResult.Committed, await queue.TryCommit(queue.Plan([list, each, join]) with
        {
            Workflows = new WorkflowCommit
            {
                Rows = [row],
                Outlines = new Dictionary<long, ReadOnlyMemory<byte>> { [row.No] = TestRows.Bytes("{}") },
            },
        }));
        Assert.Empty(await Store.Workflows.Items(row.Id));
        Assert.True((await Store.Workflows.ItemList(row.Id, 1)).IsEmpty);
        Assert.True(Assert.Single((await Store.Workflows.Inputs([join.Row.Id], 100))[0].After).Value.IsEmpty);

        TaskWrite[] items = [.. Enumerable.Range(0, 3).Select(index => Item(queue, row, each, index))];
        var written = new ItemsRow(each.Row.No, items[0].Row.No, 5) { Made = 3, Next = 2, StoppedAt = 77 };
        await PutItems(queue, written, "[\"a\"]", items);
        await queue.Commit(End(list, 0, "[1]"), End(items[0], 0, "{}"), End(items[1], 1, ""), End(items[2], 0, ""));
        Reopen();

        var found = Assert.Single(await Store.Workflows.Items(row.Id));
        Assert.Equal((1, written, 1000L), (found.Node, found.Row, found.StartedAt));
        Assert.Equal(
            (2, 1, 3),
            (found.ByState[(int)TaskState.Succeeded], found.ByState[(int)TaskState.Failed], found.ByState.Sum()));
        Assert.Equal("[\"a\"]", TestRows.Text(await Store.Workflows.ItemList(row.Id, 1)));
        Assert.Equal(
            items.Select(static (item, index) => (index, item.Row.Id)),
            (await Store.Workflows.ItemTasks(row.Id, 1)).Select(static task => (task.Node, task.Task)));
        Assert.Empty(await Store.Workflows.ItemTasks(row.Id, 0));
        Assert.True(Assert.Single(await Store.Find(queue.No, [each.Row.Id])).IsForEach);
        Assert.False(Assert.Single(await Store.Find(queue.No, [items[1].Row.Id])).IsForEach);
        Assert.Equal(
            (2, null, null),
            ((await Store.Get(items[2].Row.Id))!.WorkflowItem, (await Store.Get(each.Row.Id))!.WorkflowItem,
                (await Store.Get(list.Row.Id))!.WorkflowItem));

        var inputs = await Store.Workflows.Inputs([items[1].Row.Id, join.Row.Id], 14);
        Assert.Equal((2, "list", "[1]"), Shown(inputs.Single(one => one.Task == items[1].Row.Id)));
        Assert.Equal((2, "each", "[{},null,null]"), Shown(inputs.Single(one => one.Task == join.Row.Id)));
        Assert.True(Assert.Single(await Store.Workflows.Inputs([join.Row.Id], 13)).After.IsDefault);

        // Spared, however long ago they ended, while the workflow is stored; and numbers behind them are not.
        queue = await Take("q");
        var others = Enumerable.Range(0, 3).Select(_ => queue.New()).ToArray();
        await queue.Commit(others);
        await queue.Commit(
            [.. others.Select(one => TestQueue.Change(one, static row => row.Running().Ended()))]);
        Assert.Equal([others[2].Row.Id], await Store.Prune(5000, 5000, 100));
        await Change(
            queue, row with { State = WorkflowState.Failed, EndedAt = 4000 },
            TestQueue.Change(each, static one => one.Running().Ended(1, 4000)),
            TestQueue.Change(join, static one => one.Running().Ended(1, 4000)));
        Assert.Equal(8, (await Store.Prune(5000, 5000, 100)).Length);
        Assert.Empty(await Store.Workflows.Items(row.Id));
        Assert.True((await Store.Workflows.ItemList(row.Id, 1)).IsEmpty);
    }

    [Fact]
    public async Task Artifacts_OfNodesAndItems_AreInOrder_AndOnlyOfTasksThatEnded()
    {
        var queue = await Take("q");
        var placeholder = queue.New().Row;
        var row = new WorkflowRow(placeholder.No, placeholder.Id, 4, "w", []);
        var (plain, each, open, last) = (Node(queue, row, "plain"), Node(queue, row, "each"), Node(queue, row, "open"), Node(queue, row, "last"));
        Assert.Equal(CommitResult.Committed, await queue.TryCommit(queue.Plan([plain, each, open, last]) with
        {
            Workflows = new WorkflowCommit
            {
                Rows = [row], Outlines = new Dictionary<long, ReadOnlyMemory<byte>> { [row.No] = TestRows.Bytes("{}") },
            },
        }));
        TaskWrite[] items = [.. Enumerable.Range(0, 3).Select(index => Item(queue, row, each, index))];
        await PutItems(queue, new ItemsRow(each.Row.No, items[0].Row.No, 3) { Made = 3, Next = 3 }, "[]", items);
        await queue.Commit(
            End(plain, 0, ""), Kept(last, 0, 1, 9), Kept(items[2], 0, 2, 5L << 30), End(items[1], 0, ""), Kept(items[0], 1, 0, 0),
            TestQueue.Change(open, static task => task.Running()));
        Reopen();

        var kept = await Store.Workflows.Artifacts(row.Id, null);
        Assert.Equal(
            [
                new KeptArtifacts(1, 0, items[0].Row.Id, TestRows.TokenOf(1), new ArtifactTotals(0, 0)),
                new KeptArtifacts(1, 2, items[2].Row.Id, TestRows.TokenOf(1), new ArtifactTotals(2, 5L << 30)),
                new KeptArtifacts(3, null, last.Row.Id, TestRows.TokenOf(1), new ArtifactTotals(1, 9)),
            ],
            kept);
        Assert.Equal(kept[..2], await Store.Workflows.Artifacts(row.Id, 1));
        Assert.Empty(await Store.Workflows.Artifacts(row.Id, 0));
        Assert.Empty(await Store.Workflows.Artifacts(new TaskId(7, 7), null));

        static TaskWrite Kept(TaskWrite task, int exitCode, int count, long bytes)
        {
            var row = task.Row.Running().Ended(exitCode);
            return new TaskWrite { Row = row, Result = TestRows.Result(row) with { Artifacts = new ArtifactTotals(count, bytes) } };
        }
    }

    [Fact]
    public async Task Items_EmptyListsAndFaults_AreToldApart()
    {
        var queue = await Take("q");
        var (row, tasks, commit) = NewWorkflow(queue, 2);
        await queue.TryCommit(commit);
        await PutItems(queue, new ItemsRow(tasks[0].Row.No, 0, 0), "[]");
        await PutItems(queue, new ItemsRow(tasks[1].Row.No, 0, 0) { Fault = "It is no list." }, null);
        Assert.Equal(
            [null, "It is no list."], (await Store.Workflows.Items(row.Id)).Select(static items => items.Row.Fault));
        await PutItems(queue, new ItemsRow(tasks[1].Row.No, 0, 0), "[]");
        Assert.All(await Store.Workflows.Items(row.Id),
            static items => Assert.Equal((null, 0), (items.Row.Fault, items.ByState.Sum())));
    }

    private static (int Run, string Node, string Value) Shown(StoredInputs inputs) =>
        (inputs.Run, Assert.Single(inputs.After).Node, TestRows.Text(inputs.After[0].Value));

    private static TaskWrite Item(TestQueue queue, WorkflowRow row, TaskWrite each, int index) => queue.New(
        task => task with { WorkflowNode = "each", Item = new WorkflowItem(each.Row.Id, index) }, batch: row.Id);

    private static async Task PutItems(TestQueue queue, ItemsRow row, string? list, params TaskWrite[] tasks) =>
        Assert.Equal(CommitResult.Committed, await queue.TryCommit(queue.Plan(tasks) with
        {
            Workflows = new WorkflowCommit
            {
                Items = [row],
                Lists = list is null
                    ? new Dictionary<long, ReadOnlyMemory<byte>>()
                    : new Dictionary<long, ReadOnlyMemory<byte>> { [row.Node] = TestRows.Bytes(list) },
            },
        }));
}
