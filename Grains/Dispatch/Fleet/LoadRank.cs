
namespace OrleansTasks.Dispatch.Fleet;

/// <summary>
/// The key by which <see cref="NodeRanks"/> sorts the nodes with room, so that the first is the least loaded: fewest
/// leases per slot, then longest without a lease, then by name, so that no two nodes are equal. Load is that of this
/// queue alone; other queues' attempts on the node are not known here. Immutable, because a key of a sorted set
/// must not change: a node whose load changes gets a new rank.
/// </summary>
/// <param name="Node">The node.</param>
/// <param name="Leases">
/// How many leases of this queue the node holds. May exceed its slots, when tasks are sent ahead.
/// </param>
/// <param name="Slots">How many tasks the node runs at once; 1 when that is not known.</param>
/// <param name="IdleSince">
/// When the node was last left without a lease of this queue, in Unix milliseconds; 0 at first.
/// </param>
internal sealed record LoadRank(DispatchNode Node, int Leases, int Slots, long IdleSince) : IComparable<LoadRank>
{
    /// <summary>Returns the rank of a node by its present leases, slots and idle time.</summary>
    public static LoadRank Of(DispatchNode node) =>
        new(node, node.Hold.Count, Math.Max(1, node.Fleet?.Slots ?? 1), node.IdleSince);

    public int CompareTo(LoadRank? other)
    {
        // Compares Leases / Slots of both, without division.
        var load = ((long)Leases * other!.Slots).CompareTo((long)other.Leases * Slots);
        if (load != 0)
            return load;
        var idle = IdleSince.CompareTo(other.IdleSince);
        return idle != 0 ? idle : string.CompareOrdinal(Node.Id, other.Node.Id);
    }
}
