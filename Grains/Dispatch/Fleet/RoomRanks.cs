
namespace OrleansTasks.Dispatch.Fleet;

/// <summary>
/// The nodes with a free room for leases with the same resources (<see cref="NodeRoom.IsFree"/>), sorted by load and by
/// name. Nodes without room are in neither order, so they do not slow down a choice.
/// </summary>
internal sealed class RoomRanks
{
    // A node is in all three collections or in none.
    private readonly SortedSet<LoadRank> byLoad = [];
    private readonly SortedSet<string> names = new(StringComparer.Ordinal);
    private readonly Dictionary<string, DispatchNode> byName = new(StringComparer.Ordinal);

    /// <summary>Whether no node has room.</summary>
    public bool IsEmpty => byLoad.Count == 0;

    /// <summary>How many nodes have room.</summary>
    public int Count => byLoad.Count;

    /// <summary>The ids of the nodes with room, in order.</summary>
    public IReadOnlyCollection<string> Names => names;

    /// <summary>Returns a node if it has room, or null.</summary>
    public DispatchNode? Find(string id) => byName.GetValueOrDefault(id);

    /// <summary>Lists a room by its node's present load, or removes it if it is not free.</summary>
    public void Update(NodeRoom room)
    {
        var (node, had) = (room.Node, room.Rank is not null);
        // Remove the rank under which the node was added; the set would not find one by its present load.
        if (had)
            byLoad.Remove(room.Rank!);
        room.Rank = room.IsFree ? LoadRank.Of(node) : null;
        if (room.Rank is not null)
            byLoad.Add(room.Rank);
        if (had && room.Rank is null)
        {
            names.Remove(node.Id);
            byName.Remove(node.Id);
        }
        else if (!had && room.Rank is not null)
        {
            names.Add(node.Id);
            byName.Add(node.Id, node);
        }
    }

    /// <summary>
    /// Returns the least loaded node that meets the signature, or null. The node to avoid is the last resort.
    /// </summary>
    public DispatchNode? LeastLoaded(Signature signature, long now, string? avoid = null)
    {
        DispatchNode? last = null;
        foreach (var rank in byLoad)
        {
            if (!rank.Node.Takes(signature, now))
                continue;
            if (rank.Node.Id != avoid)
                return rank.Node;
            last = rank.Node;
        }

        return last;
    }

    /// <summary>
    /// Returns the most loaded node that has a free slot and meets the signature, so that few nodes are in use; if none
    /// has one, the least loaded node. The node to avoid is the last resort.
    /// </summary>
    public DispatchNode? MostLoaded(Signature signature, long now, string? avoid = null)
    {
        foreach (var rank in byLoad.Reverse())
        {
            // Tasks that are sent ahead should not wait at a full node while others have free slots.
            if (rank.Leases < rank.Slots && rank.Node.Id != avoid && rank.Node.Takes(signature, now))
                return rank.Node;
        }

        return LeastLoaded(signature, now, avoid);
    }

    /// <summary>
    /// Returns the next node by name after <paramref name="last"/>, wrapping around up to <paramref name="last"/>
    /// itself, that meets the signature and has a free slot; null if there is none. <paramref name="last"/> may be
    /// empty or name a node that left.
    /// </summary>
    public DispatchNode? NextInTurn(Signature signature, string last, long now)
    {
        if (names.Count == 0)
            return null;
        // First the names after the last one, then those up to it.
        if (string.CompareOrdinal(names.Max, last) > 0)
        {
            foreach (var id in names.GetViewBetween(last, names.Max!))
            {
                if (id != last && MayTakeTurn(byName[id], signature, now))
                    return byName[id];
            }
        }

        foreach (var id in names)
        {
            if (string.CompareOrdinal(id, last) > 0)
                return null;
            if (MayTakeTurn(byName[id], signature, now))
                return byName[id];
        }

        return null;
    }

    // A grant may exceed the node's slots. Turns do not use the excess: otherwise the node with the largest grant would
    // get nearly every task.
    private static bool MayTakeTurn(DispatchNode node, Signature signature, long now) =>
        node.Hold.Count < node.Slots && node.Takes(signature, now);
}
