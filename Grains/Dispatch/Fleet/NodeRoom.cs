using OrleansTasks.Resources;

namespace OrleansTasks.Dispatch.Fleet;

/// <summary>
/// A node's room for leases of one queue that have the same resources (the shape): how many it has, and how many the
/// node's grain allows. Leases without resources have a room of their own, which every node has.
/// </summary>
internal sealed class NodeRoom(DispatchNode node, ResourceVector shape, long after = 0)
{
    public DispatchNode Node { get; } = node;

    public ResourceVector Shape { get; } = shape;

    public NodeGrant Grant { get; } = new(after);

    /// <summary>How many leases with the shape the node holds, those of earlier sessions included.</summary>
    public int Count { get; set; }

    /// <summary>The key in <see cref="NodeRanks"/>, set only there; null while the room is not listed there.</summary>
    public LoadRank? Rank { get; set; }

    /// <summary>Whether nothing is lost if the room is forgotten.</summary>
    public bool IsIdle => Count == 0 && Grant is { Limit: 0, HasDemand: false };

    /// <summary>Whether one more lease fits. Leases of earlier sessions count: they may occupy slots.</summary>
    public bool IsFree => Count < Grant.Limit && Node.IsUsable;
}
