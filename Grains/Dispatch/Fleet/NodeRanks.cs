
namespace OrleansTasks.Dispatch.Fleet;

/// <summary>
/// The nodes that can be given a task now (<see cref="DispatchNode.HasRoom"/>), sorted in two ways: by load, to find
/// the least loaded node, and by name, for tasks that go to the nodes in turn. <see cref="Matching"/> and
/// <see cref="Stragglers"/> choose nodes here; <see cref="NodeSet"/> has the one object of a queue. A node without
/// room is in neither order, so a choice looks at no such node, however many there are.
/// </summary>
internal sealed class NodeRanks
{
    // A node is in all three collections or in none.
    private readonly SortedSet<LoadRank> byLoad = [];
    private readonly SortedSet<string> names = new(StringComparer.Ordinal);
    private readonly Dictionary<string, DispatchNode> byName = new(StringComparer.Ordinal);

    /// <summary>Whether no node has room.</summary>
    public bool IsEmpty => byLoad.Count == 0;

    /// <summary>
    /// Lists a node by its present load if it has room, and removes it otherwise. Called after every change of what its
    /// room or its load depends on: its leases, its grant (how many leases its grain allows), its session, its rest
    /// (a while without tasks after refusals), its idle time, and the fleet's description. A call without a change does
    /// no harm. After a missing call, the node is passed over, or is given tasks that it has no room for.
    /// </summary>
    public void Update(DispatchNode node)
    {
        var had = node.Rank is not null;
        // By the rank under which the node was added: a rank by its present load would not be found.
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
    /// Returns the least loaded node with room that meets the signature; null when there is none. The node named
    /// <paramref name="avoid"/> is returned only if no other node will do.
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
    /// Returns the node whose turn it is: the next by name after <paramref name="last"/> that has room and a free slot
    /// and meets the signature. After the last name the search goes on with the first, and ends with
    /// <paramref name="last"/> itself. Returns null when there is no such node.
    /// </summary>
    /// <param name="signature">What the task asks of a node.</param>
    /// <param name="last">
    /// The name of the node that had the turn before; empty at first. That node need not have room or exist any more.
    /// </param>
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

    /// <summary>
    /// Whether a node with room takes part in turns. A grant may exceed the node's slots, so that tasks are sent ahead;
    /// turns do not use that excess, because the node with the largest grant would get nearly every task.
    /// </summary>
    private static bool MayTakeTurn(DispatchNode node, Signature signature) =>
        node.Hold.Count < node.Slots && node.Meets(signature);
}
