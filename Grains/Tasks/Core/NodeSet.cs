using OrleansTasks.Nodes;

namespace OrleansTasks.Tasks;

/// <summary>
/// The nodes that a dispatcher knows: those that the fleet lists, that hold leases, or that a message was about. A node that the fleet does
/// not list takes no work. It is forgotten when it holds no lease and has been absent for ten minutes: until then an old offer of its
/// session is known as old. Times are Unix milliseconds.
/// </summary>
internal sealed class NodeSet
{
    /// <summary>How long an absent node is remembered, in milliseconds.</summary>
    private const long AbsentTerm = 600_000;
    private readonly Dictionary<string, DispatchNode> nodes = new(StringComparer.Ordinal);

    /// <summary>The newest description of the fleet that was taken; -1 before the first.</summary>
    public long FleetVersion { get; private set; } = -1;

    public Dictionary<string, DispatchNode>.ValueCollection All => nodes.Values;

    public int Count => nodes.Count;

    /// <summary>The nodes with room. Whoever changes a node calls <see cref="NodeRanks.Update"/>.</summary>
    public NodeRanks Ranks { get; } = new();

    /// <summary>The node of that name, which is remembered from now on.</summary>
    public DispatchNode Get(string id)
    {
        if (!nodes.TryGetValue(id, out var node))
            nodes.Add(id, node = new DispatchNode(id));
        return node;
    }

    /// <summary>The node of that name, or null; it is not remembered by this.</summary>
    public DispatchNode? Find(string id) => nodes.GetValueOrDefault(id);

    /// <summary>
    /// Takes the fleet's description; false, and nothing changes, when it is older than what is known. Only a complete one says that the
    /// nodes it does not list are absent.
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
            Withdraw(fleet.Nodes.Select(static node => node.Id).ToHashSet(StringComparer.Ordinal), now);
        return true;
    }

    /// <summary>How many slots, free or not, the nodes have that take work and carry all of the labels.</summary>
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

    /// <summary>Notes that all other nodes are absent, and forgets those that have been for long enough and hold nothing.</summary>
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
