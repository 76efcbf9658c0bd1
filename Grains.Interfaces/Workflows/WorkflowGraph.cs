namespace OrleansTasks.Workflows;

/// <summary>
/// An immutable graph of which nodes of a workflow wait for which others, over the indexes 0 to <see cref="Count"/> -
/// 1. It stores each edge twice, by child and by parent, as compressed sparse rows: one array of edges, and one with
/// the position at which each node's edges begin.
/// </summary>
public sealed class WorkflowGraph
{
    private readonly int[] afterFrom;
    private readonly WorkflowEdge[] after;
    private readonly int[] beforeFrom;
    private readonly WorkflowEdge[] before;

    /// <summary>Creates the graph.</summary>
    /// <param name="after">The parents of each node; each at most once, and never the node itself.</param>
    public WorkflowGraph(IReadOnlyList<IReadOnlyList<WorkflowEdge>> after)
    {
        Count = after.Count;
        afterFrom = new int[Count + 1];
        beforeFrom = new int[Count + 1];
        for (var node = 0; node < Count; node++)
        {
            afterFrom[node + 1] = afterFrom[node] + after[node].Count;
            foreach (var edge in after[node])
                beforeFrom[edge.Other + 1]++;
        }

        for (var node = 0; node < Count; node++)
            beforeFrom[node + 1] += beforeFrom[node];
        this.after = new WorkflowEdge[afterFrom[Count]];
        before = new WorkflowEdge[afterFrom[Count]];
        var next = beforeFrom[..^1];
        for (var node = 0; node < Count; node++)
        {
            for (var i = 0; i < after[node].Count; i++)
            {
                var edge = after[node][i];
                this.after[afterFrom[node] + i] = edge;
                before[next[edge.Other]++] = new WorkflowEdge(node, edge.On);
            }
        }
    }

    /// <summary>The number of nodes.</summary>
    public int Count { get; }

    /// <summary>Returns the parents of a node, in the order given.</summary>
    public ReadOnlySpan<WorkflowEdge> AfterOf(int node) => after.AsSpan(afterFrom[node]..afterFrom[node + 1]);

    /// <summary>Returns the children of a node, by index, each with its condition.</summary>
    public ReadOnlySpan<WorkflowEdge> WaitersOf(int node) => before.AsSpan(beforeFrom[node]..beforeFrom[node + 1]);

    /// <summary>
    /// Finds a cycle: each node of it waits for the one before, and the first for the last. Returns null if there is
    /// none. The cycle is a shortest one through its first node.
    /// </summary>
    /// <remarks>
    /// Kahn's algorithm removes nodes whose parents have all been removed. Each remaining node has a remaining parent,
    /// so following parents from it revisits a node, which is on a cycle.
    /// </remarks>
    public int[]? FindCycle()
    {
        var left = new int[Count];
        var free = new Stack<int>();
        for (var node = 0; node < Count; node++)
        {
            left[node] = AfterOf(node).Length;
            if (left[node] == 0)
                free.Push(node);
        }

        var taken = 0;
        for (; free.TryPop(out var node); taken++)
        {
            foreach (var edge in WaitersOf(node))
            {
                if (--left[edge.Other] == 0)
                    free.Push(edge.Other);
            }
        }

        return taken == Count ? null : ShortestThrough(OnCycle(left));
    }

    private int OnCycle(int[] left)
    {
        var node = Array.FindIndex(left, static count => count > 0);
        var seen = new HashSet<int>();
        while (seen.Add(node))
            node = FirstLeft(node, left);
        return node;
    }

    private int FirstLeft(int node, int[] left)
    {
        foreach (var edge in AfterOf(node))
        {
            if (left[edge.Other] > 0)
                return edge.Other;
        }

        throw new InvalidOperationException($"Node {node} waits for no remaining node.");
    }

    // Breadth-first search from the node to its children.
    private int[] ShortestThrough(int start)
    {
        var cameFrom = new Dictionary<int, int>();
        var next = new Queue<int>([start]);
        while (next.TryDequeue(out var node))
        {
            foreach (var edge in WaitersOf(node))
            {
                if (cameFrom.TryAdd(edge.Other, node))
                    next.Enqueue(edge.Other);
            }

            if (cameFrom.ContainsKey(start))
                break;
        }

        var cycle = new List<int>();
        for (var node = cameFrom[start]; node != start; node = cameFrom[node])
            cycle.Add(node);
        cycle.Add(start);
        cycle.Reverse();
        return [.. cycle];
    }
}
