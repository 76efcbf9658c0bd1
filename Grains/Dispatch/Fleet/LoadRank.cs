
namespace OrleansTasks.Dispatch.Fleet;

/// <summary>
/// The sort key of <see cref="NodeRanks"/>: fewest leases of this queue per slot, then longest without a lease, then by
/// name, so no two nodes are equal. Leases may exceed slots, because tasks are sent ahead. Immutable, because a key in
/// a sorted set must not change: when a node's load changes, it gets a new rank.
/// </summary>
internal sealed record LoadRank(DispatchNode Node, int Leases, int Slots, long IdleSince) : IComparable<LoadRank>
{
    /// <summary>Returns the node's present rank.</summary>
    public static LoadRank Of(DispatchNode node) =>
        new(node, node.Hold.Count, Math.Max(1, node.Fleet?.Slots ?? 1), node.IdleSince);

    public int CompareTo(LoadRank? other)
    {
        // Compares Leases / Slots without division.
        var load = ((long)Leases * other!.Slots).CompareTo((long)other.Leases * Slots);
        if (load != 0)
            return load;
        var idle = IdleSince.CompareTo(other.IdleSince);
        return idle != 0 ? idle : string.CompareOrdinal(Node.Id, other.Node.Id);
    }
}
