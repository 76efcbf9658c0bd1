namespace OrleansTasks.Tasks;

/// <summary>
/// A node's place when a task looks for one: lowest share of slots taken first, then longest idle, then by name so that
/// the order is total. It is fixed while the node is in the order, whatever becomes of the node meanwhile.
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
