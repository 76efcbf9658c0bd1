using OrleansTasks.Nodes;

namespace OrleansTasks.Tasks;

/// <summary>
/// The nodes that a dispatcher knows: those that the fleet lists, and those that hold leases. A node that the fleet
/// does not list takes no work, and is remembered for a while, so that an old offer of its session stays old.
/// </summary>
internal sealed class NodeSet
{
    private const long AbsentTerm = 600_000;
    private readonly Dictionary<string, DispatchNode> nodes = new(StringComparer.Ordinal);

    /// <summary>The newest description of the fleet that was taken; -1 before the first.</summary>
    public long FleetVersion { get; private set; } = -1;

    public Dictionary<string, DispatchNode>.ValueCollection All => nodes.Values;

    public int Count => nodes.Count;

    /// <summary>The nodes with room, by load and by name.</summary>
    public NodeRanks Ranks { get; } = new();

    /// <summary>The node of that name, which is remembered from now on.</summary>
    public DispatchNode Get(string id)
    {
        if (!nodes.TryGetValue(id, out var node))
            nodes.Add(id, node = new DispatchNode(id));
        return node;
    }

    public DispatchNode? Find(string id) => nodes.GetValueOrDefault(id);

    /// <summary>Takes the fleet's description; false when it is older than what is known.</summary>
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
            Withdraw(fleet.Nodes.Select(static node => node.Id).ToHashSet(StringComparer.Ordinal), now);
        return true;
    }

    /// <summary>How many slots the nodes have that take work and carry the labels.</summary>
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

    private void Withdraw(HashSet<string> present, long now)
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
