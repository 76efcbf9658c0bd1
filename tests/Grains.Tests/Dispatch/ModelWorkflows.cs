using OrleansTasks.Storage;
using OrleansTasks.Tasks;
using OrleansTasks.Workflows;

namespace OrleansTasks.Grains.Tests.Dispatch;

/// <summary>
/// The workflows of the plainest store. Checks after each commit that the state of every workflow is what its nodes
/// make of it.
/// </summary>
internal sealed class ModelWorkflows
{
    private readonly Dictionary<long, ReadOnlyMemory<byte>> outlines = [];

    private readonly Dictionary<long, ReadOnlyMemory<byte>> lists = [];

    public SortedDictionary<long, WorkflowRow> Rows { get; } = [];

    /// <summary>The items of nodes, by the numbers of the nodes' tasks.</summary>
    public SortedDictionary<long, ItemsRow> Items { get; } = [];

    /// <summary>The jobs of nodes, by the numbers of the nodes' tasks.</summary>
    public SortedDictionary<long, NodeJobRow> Jobs { get; } = [];

    public void Apply(CommitDraft draft, Dictionary<TaskId, StoredTask> tasks)
    {
        if (draft.ChangesWorkflows)
        {
            var commit = draft.Workflows.ToCommit();
            foreach (var (no, outline) in commit.Outlines)
                Assert.True(outlines.TryAdd(no, outline), "A workflow was stored twice.");
            foreach (var row in commit.Rows)
                Rows[row.No] = row;
            foreach (var row in commit.Items)
                Items[row.Node] = row;
            foreach (var (node, list) in commit.Lists)
                lists[node] = list;
            foreach (var row in commit.Jobs)
                Jobs[row.Node] = row;
        }

        foreach (var row in Rows.Values)
            Assert.Equal(Fold(row, tasks), row.State);
    }

    public IEnumerable<StoredTask> NodesOf(WorkflowRow row, Dictionary<TaskId, StoredTask> tasks) =>
        tasks.Values.Where(task => row.Has(task.Row.No)).OrderBy(static task => task.Row.No);

    public StoredNodes Read(TaskId id, string queue, Dictionary<TaskId, StoredTask> tasks)
    {
        var row = Rows.Values.Single(row => row.Id == id);
        var nodes = Nodes(row, tasks);
        return new StoredNodes(
            new StoredWorkflow(queue, row, outlines[row.No]), nodes,
            nodes.Where(static node => node.State is TaskState.Failed or TaskState.Cancelled)
                .ToDictionary(static node => node.Task, node => tasks[node.Task].Open),
            ItemsOf(row, tasks), JobsOf(row));
    }

    public ImmutableArray<string> ListOf(long node) => ItemList.Read(lists[node]);

    private ImmutableArray<LoadedItems> ItemsOf(WorkflowRow workflow, Dictionary<TaskId, StoredTask> tasks) =>
    [
        .. Items.Values.Where(items => workflow.Has(items.Node)).Select(items => new LoadedItems(
            new StoredItems((int)(items.Node - workflow.No - 1), items, []),
            [
                .. tasks.Values.Where(task => items.Has(task.Row.No)).OrderBy(static task => task.Row.No)
                    .Select(static (task, index) => new WorkflowNodeRow(
                        index, task.Row.Id, task.Row.State, task.Row.Reason, task.Row.ExitCode, task.Row.StartedAt)),
            ])),
    ];

    private ImmutableArray<StoredNodeJob> JobsOf(WorkflowRow workflow) =>
    [
        .. Jobs.Values.Where(job => workflow.Has(job.Node))
            .Select(job => new StoredNodeJob((int)(job.Node - workflow.No - 1), job)),
    ];

    public void LoadInto(DispatchCore core, string queue, Dictionary<TaskId, StoredTask> tasks)
    {
        foreach (var row in Rows.Values.Where(static row => row.State == WorkflowState.Running))
            core.Workflows.Load(new StoredWorkflow(queue, row, outlines[row.No]), Nodes(row, tasks), ItemsOf(row, tasks), JobsOf(row));
    }

    private ImmutableArray<WorkflowNodeRow> Nodes(WorkflowRow row, Dictionary<TaskId, StoredTask> tasks) =>
    [
        .. NodesOf(row, tasks).Select((task, index) => new WorkflowNodeRow(
            index, task.Row.Id, task.Row.State, task.Row.Reason, task.Row.ExitCode, task.Row.StartedAt)),
    ];

    private WorkflowState Fold(WorkflowRow row, Dictionary<TaskId, StoredTask> tasks)
    {
        var outline = WorkflowOutline.Read(outlines[row.No]);
        var nodes = NodesOf(row, tasks).Select(static task => task.Row).ToList();
        Assert.Equal(row.Count, nodes.Count);
        if (nodes.Exists(static node => !node.State.IsFinal()))
            return WorkflowState.Running;
        var hasFailed = nodes.Zip(outline.Nodes).Any(static pair => !pair.Second.MayFail
            && (pair.First.State == TaskState.Failed
                || (pair.First.State == TaskState.Cancelled && pair.First.Reason != EndReason.Skipped)));
        return row.CancelRequestedAt != 0 ? WorkflowState.Cancelled
            : hasFailed ? WorkflowState.Failed
            : WorkflowState.Succeeded;
    }
}
