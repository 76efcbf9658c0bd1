using OrleansTasks.Nodes;
using OrleansTasks.Tasks;

namespace OrleansTasks.Dispatch.Fleet;

/// <summary>
/// The nodes that one dispatcher knows, by id: those that the fleet lists, those that hold leases of the queue, and
/// those that a node's grain has sent a message about. The parts of <see cref="DispatchCore"/> share it. A node that
/// the fleet has not described, or no longer lists, is given no tasks. In memory only. Times are Unix milliseconds.
/// </summary>
/// <remarks>
/// A node that is missing in complete snapshots of the fleet is kept for at least ten minutes, and while it holds a
/// lease. Its session and the version of its grant (how many leases the node's grain allows here) are remembered as
/// long. So an offer that comes late is recognized as old and ignored, even if the fleet lists the node again.
/// </remarks>
internal sealed class NodeSet
{
    /// <summary>How long a node that the fleet does not list is remembered at least, in milliseconds.</summary>
    private const long AbsentTerm = 600_000;
    private readonly Dictionary<string, DispatchNode> nodes = new(StringComparer.Ordinal);

    /// <summary>The version of the newest fleet snapshot that was taken; -1 before the first.</summary>
    public long FleetVersion { get; private set; } = -1;

    /// <summary>
    /// All nodes, in an arbitrary order: no decision may depend on it. <see cref="Get"/> and <see cref="Take"/> change
    /// the collection: do not call them while enumerating it.
    /// </summary>
    public Dictionary<string, DispatchNode>.ValueCollection All => nodes.Values;

    public int Count => nodes.Count;

    /// <summary>
    /// The nodes that can be given a task. Whoever changes a node calls <see cref="NodeRanks.Update"/>.
    /// </summary>
    public NodeRanks Ranks { get; } = new();

    /// <summary>The node with an id. Adds the node if the set lacks it; it has no session and no grant then.</summary>
    public DispatchNode Get(string id)
    {
        if (!nodes.TryGetValue(id, out var node))
            nodes.Add(id, node = new DispatchNode(id));
        return node;
    }

    /// <summary>The node with an id; null, and nothing is added, when the set lacks it.</summary>
    public DispatchNode? Find(string id) => nodes.GetValueOrDefault(id);

    /// <summary>
    /// Takes a snapshot of the fleet: describes the nodes that it lists and, if it is complete, withdraws all others.
    /// An incomplete snapshot comes from a fleet grain that has just started, to which some nodes have not reported
    /// yet. False, and nothing changes, when a newer snapshot was taken before. The same version may be taken again.
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
    /// How many slots, taken or free, there are on nodes that accept work and carry all of the labels. A job's grain
    /// plans its chunks by this number. Also counts nodes that are given no tasks for a while because they refused
    /// some, and nodes that cannot evaluate chunks.
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

    /// <summary>
    /// Withdraws every node that is not present, so that it is given no tasks. Forgets those that have been absent for
    /// ten minutes and hold no lease.
    /// </summary>
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
