using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Workflows;

/// <summary>
/// A running workflow in memory: the state of each node, and from that alone whether the workflow has ended and how.
/// <see cref="Dependencies"/> tracks which nodes wait for which. Does no I/O. Times are Unix milliseconds.
/// </summary>
internal sealed class LiveWorkflow
{
    private readonly NodeStanding[] nodes;
    private readonly TaskId[] tasks;
    private readonly HashSet<int> failing = [];
    private int open;
    private int bad;

    // The next node that a cancel examines; the number of nodes if no cancel is under way.
    private int next;

    /// <summary>Restores a workflow from its stored form. The nodes come in order.</summary>
    public LiveWorkflow(
        WorkflowRow row, WorkflowOutline outline, IEnumerable<(TaskId Task, TaskState State, EndReason Reason)> nodes,
        ImmutableArray<LoadedItems> items = default, ImmutableArray<StoredNodeJob> jobs = default)
    {
        (Row, Outline) = (row, outline);
        var all = nodes.ToArray();
        tasks = [.. all.Select(static node => node.Task)];
        this.nodes = [.. all.Select((node, index) => Of(index, node.State, node.Reason))];
        open = this.nodes.Count(static standing => standing == NodeStanding.Open);
        bad = this.nodes.Count(static standing => standing == NodeStanding.Bad);
        Items =
        [
            .. Enumerable.Range(0, outline.Nodes.Length).Where(node => outline.Nodes[node].ForEach is not null)
                .Select(NewItems),
        ];
        foreach (var stored in items.IsDefault ? [] : items)
        {
            var loaded = Items.First(found => found.Node == stored.Items.Node);
            loaded.Load(stored.Items.Row, stored.Tasks, this.nodes[loaded.Node] == NodeStanding.Open);
            if (loaded is { IsBegun: true, HasFailures: true })
                NoteFailing(loaded.Node);
        }

        Jobs =
        [
            .. Enumerable.Range(0, outline.Nodes.Length).Where(node => outline.Nodes[node].IsJob)
                .Select(node => new LiveNodeJob(this, outline.Nodes[node], node, tasks[node])),
        ];
        foreach (var stored in jobs.IsDefault ? [] : jobs)
            JobOf(stored.Node)?.Load(stored.Row, IsOpen(stored.Node));
        next = IsToCancel ? 0 : Row.Count;
    }

    /// <summary>The stored row.</summary>
    public WorkflowRow Row { get; set; }

    /// <summary>The names and edges.</summary>
    public WorkflowOutline Outline { get; }

    /// <summary>The items of the nodes with <c>forEach</c>, in the order of the nodes.</summary>
    public ImmutableArray<LiveItems> Items { get; }

    /// <summary>The jobs of the nodes that run one, in the order of the nodes.</summary>
    public ImmutableArray<LiveNodeJob> Jobs { get; }

    /// <summary>
    /// Whether nodes must be cancelled: a caller cancelled the workflow, or a failure ends it and a node has failed or,
    /// because of the task of an item, will fail.
    /// </summary>
    public bool IsToCancel =>
        Row.CancelRequestedAt != 0 || (Outline.OnFailure == FailureRule.Cancel && bad + failing.Count > 0);

    /// <summary>Whether a cancel has nodes left to examine.</summary>
    public bool IsCancelling => next < Row.Count;

    /// <summary>The state that follows from the nodes.</summary>
    public WorkflowState State => open > 0 ? WorkflowState.Running
        : Row.CancelRequestedAt != 0 ? WorkflowState.Cancelled
        : bad > 0 ? WorkflowState.Failed
        : WorkflowState.Succeeded;

    /// <summary>
    /// Records that the task of a node has ended. Begins a cancel if this failure must end the workflow.
    /// </summary>
    public void Ended(int node, TaskState state, EndReason reason)
    {
        var was = IsToCancel;
        Set(node, Of(node, state, reason));
        if (Outline.Nodes[node].ForEach is not null)
            ItemsOf(node).End();
        if (!was && IsToCancel)
            next = 0;
    }

    /// <summary>Returns whether the task of a node has not ended.</summary>
    public bool IsOpen(int node) => nodes[node] == NodeStanding.Open;

    /// <summary>Returns the job of a node; null if the node runs none.</summary>
    public LiveNodeJob? JobOf(int node) =>
        Outline.Nodes[node].IsJob ? Jobs.First(job => job.Node == node) : null;

    /// <summary>Returns the items of a node with <c>forEach</c>.</summary>
    public LiveItems ItemsOf(int node) => Items.First(items => items.Node == node);

    /// <summary>Notes that the task of an item has ended without success, so its open node will fail.</summary>
    public void ItemFailed(int node)
    {
        var was = IsToCancel;
        NoteFailing(node);
        if (!was && IsToCancel)
            next = 0;
    }

    /// <summary>Records that the task of a node is open again.</summary>
    public void Reopened(int node) => Set(node, NodeStanding.Open);

    /// <summary>Starts to cancel from the first node; nodes that were cancelled before are cancelled again.</summary>
    public void BeginCancel() => next = 0;

    /// <summary>Stops the cancel: no further node is examined.</summary>
    public void EndCancel() => next = Row.Count;

    /// <summary>
    /// Takes the next open node that a cancel does not spare. Returns false if none is left, or
    /// <paramref name="looks"/> are used up.
    /// </summary>
    public bool TryTakeToCancel(ref int looks, out TaskId task)
    {
        while (next < Row.Count && looks > 0)
        {
            looks--;
            var node = next++;
            if (nodes[node] != NodeStanding.Open || (Outline.Nodes[node].CleansUp && !Row.CancelsAll))
                continue;
            task = tasks[node];
            return true;
        }

        task = default;
        return false;
    }

    private NodeStanding Of(int node, TaskState state, EndReason reason) =>
        !state.IsFinal() ? NodeStanding.Open
        : state == TaskState.Succeeded || reason == EndReason.Skipped || Outline.Nodes[node].MayFail ? NodeStanding.Fine
        : NodeStanding.Bad;

    private void Set(int node, NodeStanding standing)
    {
        open += Count(standing, NodeStanding.Open) - Count(nodes[node], NodeStanding.Open);
        bad += Count(standing, NodeStanding.Bad) - Count(nodes[node], NodeStanding.Bad);
        nodes[node] = standing;
        failing.Remove(node);
    }

    private void NoteFailing(int node)
    {
        if (!Outline.Nodes[node].MayFail)
            failing.Add(node);
    }

    private LiveItems NewItems(int node)
    {
        var source = Outline.Nodes[node].ForEach!.Node;
        return new LiveItems(Row, Outline.Nodes[node], node, tasks[node], tasks[source], Outline.Nodes[source].Name);
    }

    private static int Count(NodeStanding standing, NodeStanding of) => standing == of ? 1 : 0;
}
