using OrleansTasks.Events;
using OrleansTasks.Storage;

namespace OrleansTasks.Nodes;

/// <summary>
/// Stores each change of a node's state once: what is told twice, or was stored before this activation, is no change. What cannot
/// be stored now is stored later, in order.
/// </summary>
internal sealed class NodeHistory(INodeEventStore store)
{
    private const int MostWaiting = 10_000;
    private readonly Queue<NodeEvent> waiting = new();
    private readonly SortedDictionary<string, NodeState> told = new(StringComparer.Ordinal);
    private Dictionary<string, NodeState>? stored;
    private Task? keeping;

    /// <summary>Whether something waits to be stored.</summary>
    internal bool HasMore => waiting.Count > 0;

    /// <summary>The nodes that were last stored as reporting; empty while that is not known.</summary>
    internal string[] Reporting => stored is null
        ? []
        : [.. stored.Where(static node => node.Value is NodeState.Ready or NodeState.Draining).Select(static node => node.Key)
            .Order(StringComparer.Ordinal)];

    /// <summary>Notes what a node is; true when that may be a change, which <see cref="Keep"/> then stores.</summary>
    internal bool Note(string node, NodeState state, long at)
    {
        if (state == NodeState.Busy)
            state = NodeState.Ready;
        if (told.TryGetValue(node, out var last) && last == state)
            return false;
        told[node] = state;
        waiting.Enqueue(new NodeEvent(0, at, node, state));
        if (waiting.Count > MostWaiting)
            waiting.Dequeue();
        return true;
    }

    /// <summary>Stores what waits. One at a time: whoever comes meanwhile waits for the same.</summary>
    /// <exception cref="StoreUnavailableException">It could not be stored; it still waits.</exception>
    internal Task Keep() => keeping is { IsCompleted: false } ? keeping : keeping = KeepAll();

    private async Task KeepAll()
    {
        stored ??= (await store.Latest()).ToDictionary(static change => change.Node, static change => change.State);
        while (waiting.Count > 0)
        {
            var batch = waiting.ToArray();
            var states = new Dictionary<string, NodeState>(stored);
            var changes = new List<NodeEvent>(batch.Length);
            foreach (var change in batch)
            {
                if (states.TryGetValue(change.Node, out var state) && state == change.State)
                    continue;
                states[change.Node] = change.State;
                changes.Add(change);
            }

            if (changes.Count > 0)
                await store.Add(changes);
            stored = states;
            for (var i = 0; i < batch.Length && waiting.TryPeek(out var first) && first == batch[i]; i++)
                waiting.Dequeue();
        }
    }
}
