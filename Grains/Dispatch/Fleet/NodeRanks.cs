using OrleansTasks.Resources;

namespace OrleansTasks.Dispatch.Fleet;

/// <summary>
/// The nodes with room, by the resources of the leases that fit: for tasks without resources, and for those of each
/// shape.
/// </summary>
internal sealed class NodeRanks
{
    // With more shapes than this, those without a free room are not kept.
    private const int ManyShapes = 64;

    private readonly RoomRanks plain = new();
    private readonly Dictionary<ResourceVector, RoomRanks> shaped = [];

    /// <summary>Whether no node has room for anything.</summary>
    public bool IsEmpty => plain.IsEmpty && !HasShaped;

    /// <summary>Whether a node has room for tasks with resources.</summary>
    public bool HasShaped
    {
        get
        {
            foreach (var ranks in shaped.Values)
            {
                if (!ranks.IsEmpty)
                    return true;
            }

            return false;
        }
    }

    /// <summary>How many nodes have room for tasks without resources.</summary>
    public int Count => plain.Count;

    /// <summary>The ids of the nodes with room for tasks without resources, in order.</summary>
    public IReadOnlyCollection<string> Names => plain.Names;

    /// <summary>Returns a node if it has room for the signature's tasks and meets it, or null.</summary>
    public DispatchNode? Find(string id, Signature signature, long now) =>
        Of(signature)?.Find(id) is { } node && node.Takes(signature, now) ? node : null;

    /// <summary>
    /// Lists a node's rooms by its present load, or removes those that are not free. Must be called after every change
    /// that <see cref="DispatchNode"/> names; a call without a change is harmless.
    /// </summary>
    public void Update(DispatchNode node)
    {
        plain.Update(node.Plain);
        if (!node.HasShaped)
            return;
        foreach (var room in node.Shaped)
        {
            if (!shaped.TryGetValue(room.Shape, out var ranks))
                shaped.Add(room.Shape, ranks = new RoomRanks());
            ranks.Update(room);
            if (ranks.IsEmpty && shaped.Count > ManyShapes)
                shaped.Remove(room.Shape);
        }
    }

    /// <inheritdoc cref="RoomRanks.LeastLoaded"/>
    public DispatchNode? LeastLoaded(Signature signature, long now, string? avoid = null) =>
        Of(signature)?.LeastLoaded(signature, now, avoid);

    /// <inheritdoc cref="RoomRanks.MostLoaded"/>
    public DispatchNode? MostLoaded(Signature signature, long now, string? avoid = null) =>
        Of(signature)?.MostLoaded(signature, now, avoid);

    /// <inheritdoc cref="RoomRanks.NextInTurn"/>
    public DispatchNode? NextInTurn(Signature signature, string last, long now) =>
        Of(signature)?.NextInTurn(signature, last, now);

    private RoomRanks? Of(Signature signature) =>
        signature.Shape.IsEmpty ? plain : shaped.GetValueOrDefault(signature.Shape);
}

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

/// <summary>
/// The sort key of <see cref="NodeRanks"/>: fewest leases of this queue per slot, then longest without a lease, then by
/// name, so no two nodes are equal. Leases may exceed slots, because tasks are sent ahead. Immutable, because a key in
/// a sorted set must not change: when a node's load changes, it gets a new rank.
/// </summary>
internal sealed record LoadRank(DispatchNode Node, int Leases, int Slots, long IdleSince) : IComparable<LoadRank>
{
    /// <summary>Returns the node's present rank.</summary>
    public static LoadRank Of(DispatchNode node) =>
        new(node, node.Hold.Count, Math.Max(1, node.Fleet?.Slots ?? 1), node.IdleSince);

    public int CompareTo(LoadRank? other)
    {
        // Compares Leases / Slots without division.
        var load = ((long)Leases * other!.Slots).CompareTo((long)other.Leases * Slots);
        if (load != 0)
            return load;
        var idle = IdleSince.CompareTo(other.IdleSince);
        return idle != 0 ? idle : string.CompareOrdinal(Node.Id, other.Node.Id);
    }
}
