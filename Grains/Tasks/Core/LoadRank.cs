namespace OrleansTasks.Tasks;

/// <summary>
/// A node's place in the order in which nodes are given tasks: the lowest share of slots in use first, then the longest
/// idle, then by name, so that the order is total. A rank never changes; a node whose load changes gets a new rank.
/// </summary>
internal sealed record LoadRank(DispatchNode Node, int Leases, int Slots, long IdleSince) : IComparable<LoadRank>
{
    public static LoadRank Of(DispatchNode node) =>
        new(node, node.Hold.Count, Math.Max(1, node.Fleet?.Slots ?? 1), node.IdleSince);

    public int CompareTo(LoadRank? other)
    {
        var load = ((long)Leases * other!.Slots).CompareTo((long)other.Leases * Slots);
        if (load != 0)
            return load;
        var idle = IdleSince.CompareTo(other.IdleSince);
        return idle != 0 ? idle : string.CompareOrdinal(Node.Id, other.Node.Id);
    }
}
