namespace OrleansTasks.Tasks;

/// <summary>
/// A node's place in the order in which nodes are given tasks: the fewest leases for its slots first, then the longest
/// idle, then by name, so that the order is total. A rank never changes, since it is a key of a sorted set; a node whose load changes gets
/// a new one (<see cref="NodeRanks.Update"/>).
/// </summary>
/// <param name="Node">The node.</param>
/// <param name="Leases">How many leases of this partition it holds; may be more than it has slots.</param>
/// <param name="Slots">How many tasks it runs at once, at least 1.</param>
/// <param name="IdleSince">When its last lease was released, in Unix milliseconds.</param>
internal sealed record LoadRank(DispatchNode Node, int Leases, int Slots, long IdleSince) : IComparable<LoadRank>
{
    /// <summary>The rank of a node as it is now.</summary>
    public static LoadRank Of(DispatchNode node) =>
        new(node, node.Hold.Count, Math.Max(1, node.Fleet?.Slots ?? 1), node.IdleSince);

    public int CompareTo(LoadRank? other)
    {
        // Leases / Slots of both, multiplied out.
        var load = ((long)Leases * other!.Slots).CompareTo((long)other.Leases * Slots);
        if (load != 0)
            return load;
        var idle = IdleSince.CompareTo(other.IdleSince);
        return idle != 0 ? idle : string.CompareOrdinal(Node.Id, other.Node.Id);
    }
}
