using OrleansTasks.Nodes;
using OrleansTasks.Tasks;

namespace OrleansTasks.Dispatch.Fleet;

/// <summary>
/// The nodes that one dispatcher knows: those that the fleet lists, that hold leases of the queue, or whose grain has
/// sent a message. In memory only. Times are Unix milliseconds.
/// </summary>
/// <remarks>
/// A node that complete snapshots lack is kept for at least ten minutes, and as long as it holds leases. Its session
/// and grant version are still needed: a late offer must be recognized as old even if the fleet lists the node again.
/// </remarks>
internal sealed class NodeSet
{
    // In milliseconds.
    private const long AbsentTerm = 600_000;
    private readonly Dictionary<string, DispatchNode> nodes = new(StringComparer.Ordinal);

    /// <summary>The version of the newest fleet snapshot applied; -1 before the first.</summary>
    public long FleetVersion { get; private set; } = -1;

    /// <summary>
    /// Whether a complete snapshot was applied. Until then, a node that is not listed here may still accept work.
    /// </summary>
    public bool IsComplete { get; private set; }

    /// <summary>
    /// All nodes, in arbitrary order: no decision may depend on it. Get and Take change the collection.
    /// </summary>
    public Dictionary<string, DispatchNode>.ValueCollection All => nodes.Values;

    public int Count => nodes.Count;

    /// <summary>The nodes with room. Code that changes a node must call <see cref="NodeRanks.Update"/>.</summary>
    public NodeRanks Ranks { get; } = new();

    /// <summary>Gets or adds a node; a new one has no session and no grant.</summary>
    public DispatchNode Get(string id)
    {
        if (!nodes.TryGetValue(id, out var node))
            nodes.Add(id, node = new DispatchNode(id));
        return node;
    }

    public DispatchNode? Find(string id) => nodes.GetValueOrDefault(id);

    /// <summary>
    /// Applies a fleet snapshot: describes its nodes and, if it is complete, withdraws all others. A fleet grain that
    /// has just started sends incomplete snapshots, because some nodes have not reported yet. Returns false, without a
    /// change, if a newer snapshot was applied; the same version may be applied again.
    /// </summary>
    public bool Take(FleetSnapshot fleet, long now)
    {
        if (fleet.Version < FleetVersion)
            return false;
        FleetVersion = fleet.Version;
        foreach (var description in fleet.Nodes)
        {
            var node = Get(description.Id);
            node.AbsentSince = 0;
            node.Describe(description);
            Ranks.Update(node);
        }

        IsComplete |= fleet.IsComplete;
        if (fleet.IsComplete)
            WithdrawOthers(fleet.Nodes.Select(static node => node.Id).ToHashSet(StringComparer.Ordinal), now);
        return true;
    }

    /// <summary>
    /// Counts the slots, taken or free, of nodes that accept work and have all the labels. Job grains plan with this
    /// number. Includes resting nodes and nodes that cannot evaluate chunks.
    /// </summary>
    public int CountSlots(ImmutableArray<Label> labels)
    {
        var slots = 0;
        foreach (var node in nodes.Values)
        {
            if (node.Fleet is { Accepts: true } fleet && labels.All(fleet.Labels.Contains))
                slots += fleet.Slots;
        }

        return slots;
    }

    private void WithdrawOthers(HashSet<string> present, long now)
    {
        foreach (var node in nodes.Values.Where(node => !present.Contains(node.Id)).ToArray())
        {
            node.Withdraw();
            Ranks.Update(node);
            if (node.AbsentSince == 0)
                node.AbsentSince = now;
            else if (node.Hold.Count == 0 && now - node.AbsentSince >= AbsentTerm)
                nodes.Remove(node.Id);
        }
    }
}
