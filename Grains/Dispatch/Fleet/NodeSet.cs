using OrleansTasks.Nodes;
using OrleansTasks.Tasks;

namespace OrleansTasks.Dispatch.Fleet;

/// <summary>
/// The nodes that one dispatcher knows: those that the fleet lists, that hold leases of the queue, or whose grain has
/// sent a message. In memory only. Times are Unix milliseconds.
/// </summary>
/// <remarks>
/// Nodes that complete snapshots lack are kept for ten minutes or more, and while they hold leases. Their sessions and
/// versions of grants are needed: a late offer must be recognized as old even if the fleet lists the node again.
/// </remarks>
internal sealed class NodeSet
{
    // In milliseconds.
    private const long AbsentTerm = 600_000;
    private readonly Dictionary<string, DispatchNode> nodes = new(StringComparer.Ordinal);

    /// <summary>The version of the newest fleet snapshot taken; -1 before the first.</summary>
    public long FleetVersion { get; private set; } = -1;

    /// <summary>In arbitrary order: no decision may depend on it. Get and Take change the collection.</summary>
    public Dictionary<string, DispatchNode>.ValueCollection All => nodes.Values;

    public int Count => nodes.Count;

    /// <summary>The nodes with room. The code that changes a node calls <see cref="NodeRanks.Update"/>.</summary>
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
    /// Describes the nodes of a fleet snapshot and, if it is complete, withdraws all others. A fleet grain that has
    /// just started sends incomplete ones, because some nodes have not reported yet. False, without a change, if a
    /// newer snapshot was taken; the same version may be taken again.
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

        if (fleet.IsComplete)
            WithdrawOthers(fleet.Nodes.Select(static node => node.Id).ToHashSet(StringComparer.Ordinal), now);
        return true;
    }

    /// <summary>
    /// Counts slots, taken or free, on nodes that accept work and carry all labels: jobs plan by it. Includes nodes
    /// that rest and nodes that cannot evaluate chunks.
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
