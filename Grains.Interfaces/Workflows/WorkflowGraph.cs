namespace OrleansTasks.Workflows;

/// <summary>
/// Which nodes of a workflow wait for which others: an immutable graph over the numbers 0 to <see cref="Count"/> - 1.
/// It has the edges twice, by the node that waits and by the one that is waited for, each in one array with the places
/// where a node's edges begin (compressed sparse rows).
/// </summary>
public sealed class WorkflowGraph
{
    private readonly int[] afterFrom;
    private readonly WorkflowEdge[] after;
    private readonly int[] beforeFrom;
    private readonly WorkflowEdge[] before;

    /// <summary>Makes the graph.</summary>
    /// <param name="after">What each node waits for; each node at most once, and none for itself.</param>
    public WorkflowGraph(IReadOnlyList<IReadOnlyList<WorkflowEdge>> after)
    {
        Count = after.Count;
        afterFrom = new int[Count + 1];
        beforeFrom = new int[Count + 1];
        for (var node = 0; node < Count; node++)
        {
            afterFrom[node + 1] = afterFrom[node] + after[node].Count;
            foreach (var edge in after[node])
                beforeFrom[edge.Node + 1]++;
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
                before[next[edge.Node]++] = new WorkflowEdge(node, edge.On);
            }
        }
    }

    /// <summary>How many nodes there are.</summary>
    public int Count { get; }

    /// <summary>What a node waits for, in the order given.</summary>
    public ReadOnlySpan<WorkflowEdge> AfterOf(int node) => after.AsSpan(afterFrom[node]..afterFrom[node + 1]);

    /// <summary>The nodes that wait for a node, by number, each with its condition.</summary>
    public ReadOnlySpan<WorkflowEdge> WaitersOf(int node) => before.AsSpan(beforeFrom[node]..beforeFrom[node + 1]);

    /// <summary>
    /// Finds nodes that wait for each other: each waits for the one before it, and the first for the last. Null when
    /// there are none. Of several cycles it is a shortest one through its first node.
    /// </summary>
    /// <remarks>
    /// Kahn's algorithm takes away nodes that wait for none that is left. What it leaves waits for something that is
    /// left, so going backwards from any of it comes to a node a second time, which is on a cycle.
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
                if (--left[edge.Node] == 0)
                    free.Push(edge.Node);
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
            if (left[edge.Node] > 0)
                return edge.Node;
        }

        throw new InvalidOperationException($"Node {node} waits for none that is left.");
    }

    // Breadth first, from the node to those that wait for it.
    private int[] ShortestThrough(int start)
    {
        var cameFrom = new Dictionary<int, int>();
        var next = new Queue<int>([start]);
        while (next.TryDequeue(out var node))
        {
            foreach (var edge in WaitersOf(node))
            {
                if (cameFrom.TryAdd(edge.Node, node))
                    next.Enqueue(edge.Node);
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
