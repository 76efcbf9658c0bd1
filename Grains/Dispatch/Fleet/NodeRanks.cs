
namespace OrleansTasks.Dispatch.Fleet;

/// <summary>
/// The nodes with room (<see cref="DispatchNode.HasRoom"/>), sorted by load and by name. Nodes without room are in
/// neither order, so they do not slow down a choice.
/// </summary>
internal sealed class NodeRanks
{
    // A node is in all three collections or in none.
    private readonly SortedSet<LoadRank> byLoad = [];
    private readonly SortedSet<string> names = new(StringComparer.Ordinal);
    private readonly Dictionary<string, DispatchNode> byName = new(StringComparer.Ordinal);

    /// <summary>Whether no node has room.</summary>
    public bool IsEmpty => byLoad.Count == 0;

    /// <summary>How many nodes have room.</summary>
    public int Count => byLoad.Count;

    /// <summary>The ids of the nodes with room, in order.</summary>
    public IReadOnlyCollection<string> Names => names;

    /// <summary>Returns a node if it has room, or null.</summary>
    public DispatchNode? Find(string id) => byName.GetValueOrDefault(id);

    /// <summary>
    /// Lists a node by its present load, or removes it if it has no room. Must be called after every change that
    /// <see cref="DispatchNode"/> names; a call without a change is harmless.
    /// </summary>
    public void Update(DispatchNode node)
    {
        var had = node.Rank is not null;
        // Remove the rank under which the node was added; the set would not find one by its present load.
        if (had)
            byLoad.Remove(node.Rank!);
        node.Rank = node.HasRoom ? LoadRank.Of(node) : null;
        if (node.Rank is not null)
            byLoad.Add(node.Rank);
        if (had && node.Rank is null)
        {
            names.Remove(node.Id);
            byName.Remove(node.Id);
        }
        else if (!had && node.Rank is not null)
        {
            names.Add(node.Id);
            byName.Add(node.Id, node);
        }
    }

    /// <summary>
    /// Returns the least loaded node that meets the signature, or null. The node to avoid is the last resort.
    /// </summary>
    public DispatchNode? LeastLoaded(Signature signature, string? avoid = null)
    {
        DispatchNode? last = null;
        foreach (var rank in byLoad)
        {
            if (!rank.Node.Meets(signature))
                continue;
            if (rank.Node.Id != avoid)
                return rank.Node;
            last = rank.Node;
        }

        return last;
    }

    /// <summary>
    /// Returns the next node by name after <paramref name="last"/>, wrapping around up to <paramref name="last"/>
    /// itself, that meets the signature and has a free slot; null if there is none. <paramref name="last"/> may be
    /// empty or name a node that left.
    /// </summary>
    public DispatchNode? NextInTurn(Signature signature, string last)
    {
        if (names.Count == 0)
            return null;
        // First the names after the last one, then those up to it.
        if (string.CompareOrdinal(names.Max, last) > 0)
        {
            foreach (var id in names.GetViewBetween(last, names.Max!))
            {
                if (id != last && MayTakeTurn(byName[id], signature))
                    return byName[id];
            }
        }

        foreach (var id in names)
        {
            if (string.CompareOrdinal(id, last) > 0)
                return null;
            if (MayTakeTurn(byName[id], signature))
                return byName[id];
        }

        return null;
    }

    // A grant may exceed the node's slots. Turns do not use the excess: otherwise the node with the largest grant would
    // get nearly every task.
    private static bool MayTakeTurn(DispatchNode node, Signature signature) =>
        node.Hold.Count < node.Slots && node.Meets(signature);
}
