using OrleansTasks.Events;
using OrleansTasks.Storage;

namespace OrleansTasks.Nodes;

/// <summary>
/// Stores each change of a node's state once: a state that was noted or stored last, also by an earlier activation, is no change. What
/// cannot be stored now waits, in order. A node that is full (busy) counts as ready. Used in the fleet grain's turns alone.
/// </summary>
internal sealed class NodeHistory(INodeEventStore store)
{
    /// <summary>The most changes that wait for the store; beyond it the oldest are lost.</summary>
    private const int MostWaiting = 10_000;

    private readonly Queue<NodeEvent> waiting = new();

    // The last state of each node that was noted in this activation.
    private readonly SortedDictionary<string, NodeState> noted = new(StringComparer.Ordinal);

    // The last state of each node that is stored; null until it is read.
    private Dictionary<string, NodeState>? stored;
    private Task? keeping;

    /// <summary>Whether something waits to be stored.</summary>
    internal bool HasMore => waiting.Count > 0;

    /// <summary>The nodes that were last stored as reporting, by name; empty before the first <see cref="Keep"/> that succeeds.</summary>
    internal string[] Reporting => stored is null
        ? []
        : [.. stored.Where(static node => node.Value is NodeState.Ready or NodeState.Draining).Select(static node => node.Key)
            .Order(StringComparer.Ordinal)];

    /// <summary>
    /// Notes the state of a node. True when that may be a change: the caller calls <see cref="Keep"/>, which stores it if it is one.
    /// </summary>
    internal bool Note(string node, NodeState state, long at)
    {
        if (state == NodeState.Busy)
            state = NodeState.Ready;
        if (noted.TryGetValue(node, out var last) && last == state)
            return false;
        noted[node] = state;
        waiting.Enqueue(new NodeEvent(0, at, node, state));
        if (waiting.Count > MostWaiting)
            waiting.Dequeue();
        return true;
    }

    /// <summary>Stores what waits. A call during another call gets the other's task, which also stores what was noted since.</summary>
    /// <exception cref="StoreUnavailableException">It could not be stored; it still waits.</exception>
    /// <exception cref="OutcomeUnknownException">Nobody knows whether it was stored. It still waits; the next call looks.</exception>
    internal Task Keep() => keeping is { IsCompleted: false } ? keeping : keeping = KeepAll();

    private async Task Add(List<NodeEvent> changes)
    {
        try
        {
            await store.Add(changes);
        }
        catch (OutcomeUnknownException)
        {
            stored = null;
            throw;
        }
    }

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
                await Add(changes);
            stored = states;
            // Of the batch, what still waits: the oldest may have been dropped meanwhile.
            for (var i = 0; i < batch.Length && waiting.TryPeek(out var first) && first == batch[i]; i++)
                waiting.Dequeue();
        }
    }
}
