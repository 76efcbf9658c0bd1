using OrleansTasks.Cluster;
using OrleansTasks.Events;
using OrleansTasks.Storage;

namespace OrleansTasks.Nodes;

/// <summary>
/// Stores node state changes as events. A state that equals the node's last stored state, even from an earlier
/// activation, is not stored again. Busy counts as ready. While the store fails, changes wait in order. A change that
/// the store refuses is left out.
/// </summary>
internal sealed class NodeHistory(INodeEventStore store, RefusedWrites refused)
{
    /// <summary>Limit on waiting changes; beyond it, the oldest are lost.</summary>
    private const int MostWaiting = 10_000;

    private const int PageSize = 1_000;

    private readonly Queue<NodeEvent> waiting = new();

    // By node, the last state noted in this activation.
    private readonly SortedDictionary<string, NodeState> noted = new(StringComparer.Ordinal);

    // By node, the last stored state. Null until read, and after a write whose outcome is unknown.
    private Dictionary<string, NodeState>? stored;

    // By node, how often the stored changes and those stored since show it as lost. Null until read.
    private Dictionary<string, int>? losses;

    // The latest call of Keep.
    private Task? keeping;

    internal bool HasMore => waiting.Count > 0;

    /// <summary>
    /// Returns how often a node was lost, out of the last 10,000 changes of all nodes and those since; null until
    /// <see cref="Keep"/> has read them.
    /// </summary>
    internal int? LossesOf(string node) => losses?.GetValueOrDefault(node);

    /// <summary>Nodes last stored as ready or draining, by name. Empty while the stored states are unknown.</summary>
    internal string[] Reporting => stored is null
        ? []
        : [.. stored.Where(static node => node.Value is NodeState.Ready or NodeState.Draining).Select(static node => node.Key)
            .Order(StringComparer.Ordinal)];

    /// <summary>Notes a state at a wall clock time. Returns whether it changed; the caller then calls Keep.</summary>
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
    /// Stores the waiting changes. Joins a call under way, which also stores what was noted since it began.
    /// </summary>
    /// <exception cref="StoreUnavailableException">The changes still wait.</exception>
    /// <exception cref="OutcomeUnknownException">
    /// The changes still wait. The next call rereads the stored states first, but may store several changes of one node
    /// twice.
    /// </exception>
    internal Task Keep() => keeping is { IsCompleted: false } ? keeping : keeping = KeepAll();

    private async Task Add(List<NodeEvent> changes)
    {
        var written = 0;
        try
        {
            await RefusedWrites.Separate(changes, Write, LeaveOut);
        }
        catch (Exception fault) when (fault is OutcomeUnknownException || written > 0)
        {
            stored = null;
            throw;
        }

        async Task Write(IReadOnlyList<NodeEvent> part)
        {
            await store.Add(part);
            written += part.Count;
        }
    }

    private Task LeaveOut(NodeEvent change, StoreRefusedException refusal)
    {
        refused.Note("node", change.Node, $"a change of its state: {refusal.Message}");
        return Task.CompletedTask;
    }

    private async Task<Dictionary<string, int>> CountLosses()
    {
        var found = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var after = 0L; await store.Read(after, PageSize) is { IsEmpty: false } page; after = page[^1].Sequence)
            Count(found, page);

        return found;
    }

    private static void Count(Dictionary<string, int> losses, IEnumerable<NodeEvent> changes)
    {
        foreach (var change in changes.Where(static change => change.State == NodeState.Lost))
            losses[change.Node] = losses.GetValueOrDefault(change.Node) + 1;
    }

    private async Task KeepAll()
    {
        stored ??= (await store.Latest()).ToDictionary(static change => change.Node, static change => change.State);
        losses ??= await CountLosses();
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
            Count(losses, changes);
            // Note may have dropped the oldest of the batch during the write.
            foreach (var change in batch)
            {
                if (waiting.TryPeek(out var first) && ReferenceEquals(first, change))
                    waiting.Dequeue();
            }
        }
    }
}
