using OrleansTasks.Events;
using OrleansTasks.Storage;

namespace OrleansTasks.Nodes;

/// <summary>
/// Stores the changes of the nodes' states for the fleet grain (<see cref="FleetGrain"/>), as node events that gateways
/// read and show. The grain notes a node's state (<see cref="Note"/>) at every announcement of the node, and when the
/// node is lost or leaves. A state that equals the node's last stored state is no change and is not stored again, also
/// when an earlier activation stored it. While the store fails, up to 10,000 changes wait, in order. A node that is
/// full (busy) counts as ready. Only the fleet grain's turns call this class, so it needs no lock.
/// </summary>
internal sealed class NodeHistory(INodeEventStore store)
{
    /// <summary>The most changes that wait for the store; beyond it the oldest are lost.</summary>
    private const int MostWaiting = 10_000;

    private readonly Queue<NodeEvent> waiting = new();

    // By node: the last state that was noted in this activation.
    private readonly SortedDictionary<string, NodeState> noted = new(StringComparer.Ordinal);

    // By node: the last state that is stored. Null until it is read, and after a write whose outcome is unknown.
    private Dictionary<string, NodeState>? stored;

    // The call of Keep that is under way, or the last one.
    private Task? keeping;

    /// <summary>Whether changes wait to be stored.</summary>
    internal bool HasMore => waiting.Count > 0;

    /// <summary>
    /// The nodes whose last stored state is ready or draining, in the order of their names. A new activation of the
    /// grain looks among them for nodes that no longer report. Empty while the stored states are not known: before the
    /// first <see cref="Keep"/>, and after a write whose outcome is unknown.
    /// </summary>
    internal string[] Reporting => stored is null
        ? []
        : [.. stored.Where(static node => node.Value is NodeState.Ready or NodeState.Draining).Select(static node => node.Key)
            .Order(StringComparer.Ordinal)];

    /// <summary>
    /// Notes the state of a node at the time <paramref name="at"/>, in Unix milliseconds of the wall clock. Returns
    /// true when the state differs from the last one that was noted: the caller then calls <see cref="Keep"/>, which
    /// stores the state unless it equals the stored one.
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

    /// <summary>
    /// Stores the changes that wait. During another call, returns that call's task, which also stores what was noted
    /// since it began.
    /// </summary>
    /// <exception cref="StoreUnavailableException">The changes were not stored, and still wait.</exception>
    /// <exception cref="OutcomeUnknownException">
    /// Nobody knows whether the changes were stored. They still wait. The next call reads the stored states first, and
    /// does not store a state that is stored. But if several changes of one node wait, they may be stored twice.
    /// </exception>
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
            // Note may have dropped the oldest changes of the batch meanwhile, so remove only those that still wait.
            foreach (var change in batch)
            {
                if (waiting.TryPeek(out var first) && ReferenceEquals(first, change))
                    waiting.Dequeue();
            }
        }
    }
}
