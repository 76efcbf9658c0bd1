namespace OrleansTasks.Tasks;

/// <summary>
/// The nodes that can be given a task now (<see cref="DispatchNode.HasRoom"/>), by load for the least loaded one, and by name for tasks
/// that take turns.
/// </summary>
internal sealed class NodeRanks
{
    private readonly SortedSet<LoadRank> byLoad = [];
    private readonly SortedSet<string> names = new(StringComparer.Ordinal);
    private readonly Dictionary<string, DispatchNode> byName = new(StringComparer.Ordinal);

    public bool IsEmpty => byLoad.Count == 0;

    /// <summary>
    /// Puts a node at its place, or takes it out. Called after every change of what its room or its load depends on: leases, grant,
    /// session, rest, idle time, and the fleet's description. Too often does no harm.
    /// </summary>
    public void Update(DispatchNode node)
    {
        var had = node.Rank is not null;
        // The rank under which the node was added: one of its present load would not be found.
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
    /// The least loaded node with room that meets the signature; the one named <paramref name="avoid"/> only when no other does. Null when
    /// none does.
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
    /// The first node with a free slot that meets the signature, by name, after the one named <paramref name="last"/> and around to that
    /// one itself; null when there is none. <paramref name="last"/> is empty at first, and need not have room or exist. What a node may be
    /// sent beyond its slots is not used: the node with the largest grant would get nearly everything.
    /// </summary>
    public DispatchNode? NextInTurn(Signature signature, string last)
    {
        if (names.Count == 0)
            return null;
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

    private static bool MayTakeTurn(DispatchNode node, Signature signature) =>
        node.Hold.Count < node.Slots && node.Meets(signature);
}
