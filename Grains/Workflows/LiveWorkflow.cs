using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Workflows;

/// <summary>
/// A running workflow in memory: how each node stands, and from that alone whether the workflow has ended and how. What
/// waits for what is not its matter but that of <see cref="Dependencies"/>. Pure. Times are Unix milliseconds.
/// </summary>
internal sealed class LiveWorkflow
{
    private readonly NodeStanding[] nodes;
    private readonly TaskId[] tasks;
    private readonly HashSet<int> failing = [];
    private int open;
    private int bad;

    // The next node that a cancel looks at; the number of nodes when no cancel is under way.
    private int next;

    /// <param name="row">Its row.</param>
    /// <param name="outline">Its outline.</param>
    /// <param name="nodes">Its nodes, in order: their tasks, and how these stand.</param>
    /// <param name="items">What is stored of the items of its nodes with <c>forEach</c>.</param>
    /// <param name="jobs">What is stored of the jobs of its nodes.</param>
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

    /// <summary>What is stored of it.</summary>
    public WorkflowRow Row { get; set; }

    /// <summary>Its names and edges.</summary>
    public WorkflowOutline Outline { get; }

    /// <summary>The items of its nodes with <c>forEach</c>, in the order of the nodes.</summary>
    public ImmutableArray<LiveItems> Items { get; }

    /// <summary>The jobs of its nodes that run one, in the order of the nodes.</summary>
    public ImmutableArray<LiveNodeJob> Jobs { get; }

    /// <summary>
    /// Whether nodes are to be cancelled: somebody has cancelled it, or a node has failed, or will because the task
    /// of an item has, and the workflow is to end then.
    /// </summary>
    public bool IsToCancel =>
        Row.CancelRequestedAt != 0 || (Outline.OnFailure == FailureRule.Cancel && bad + failing.Count > 0);

    /// <summary>Whether a cancel has nodes left to look at.</summary>
    public bool IsCancelling => next < Row.Count;

    /// <summary>The state that its nodes make.</summary>
    public WorkflowState State => open > 0 ? WorkflowState.Running
        : Row.CancelRequestedAt != 0 ? WorkflowState.Cancelled
        : bad > 0 ? WorkflowState.Failed
        : WorkflowState.Succeeded;

    /// <summary>
    /// The task of a node has ended. A cancel begins when that is the failure which the workflow is to end with.
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

    /// <summary>Whether the task of a node has not ended.</summary>
    public bool IsOpen(int node) => nodes[node] == NodeStanding.Open;

    /// <summary>The job of a node; null when the node runs none.</summary>
    public LiveNodeJob? JobOf(int node) =>
        Outline.Nodes[node].IsJob ? Jobs.First(job => job.Node == node) : null;

    /// <summary>The items of a node with <c>forEach</c>.</summary>
    public LiveItems ItemsOf(int node) => Items.First(items => items.Node == node);

    /// <summary>The task of an item of an open node has ended without success: the node will fail.</summary>
    public void ItemFailed(int node)
    {
        var was = IsToCancel;
        NoteFailing(node);
        if (!was && IsToCancel)
            next = 0;
    }

    /// <summary>The task of a node is open again.</summary>
    public void Reopened(int node) => Set(node, NodeStanding.Open);

    /// <summary>Cancels nodes from the first one on; those that were cancelled before are asked again.</summary>
    public void BeginCancel() => next = 0;

    /// <summary>No node is looked at any more.</summary>
    public void EndCancel() => next = Row.Count;

    /// <summary>
    /// Takes the next open node that a cancel does not spare; false when none is left, or <paramref name="looks"/> are
    /// used up.
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
