namespace OrleansTasks.Tasks;

/// <summary>
/// The nodes that can be given a task now, by load for the least loaded one, and by name for tasks that take turns.
/// </summary>
internal sealed class NodeRanks
{
    private readonly SortedSet<LoadRank> byLoad = [];
    private readonly SortedSet<string> names = new(StringComparer.Ordinal);
    private readonly Dictionary<string, DispatchNode> byName = new(StringComparer.Ordinal);

    public bool IsEmpty => byLoad.Count == 0;

    /// <summary>Puts a node at its place, or takes it out; called after every change of its room or load.</summary>
    public void Update(DispatchNode node)
    {
        var had = node.Rank is not null;
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

    /// <summary>The least loaded node that will do; the one to avoid only when no other will.</summary>
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
    /// The first node with a free slot after the one that was given the last task, all around by name. What a node may
    /// be sent beyond its slots is not used: the node with the largest grant would get nearly everything.
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
