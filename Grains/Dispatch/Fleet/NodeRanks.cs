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
