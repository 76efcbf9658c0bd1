using OrleansTasks.Tasks;

namespace OrleansTasks.Nodes;

/// <summary>What dispatchers need to know of a node.</summary>
/// <param name="Id">The node.</param>
/// <param name="Session">Its current session.</param>
/// <param name="Slots">How many tasks it runs at once.</param>
/// <param name="Labels">Its labels, by key.</param>
/// <param name="Enforces">The limits it can enforce.</param>
/// <param name="Accepts">Whether it takes new work: its commands have a stream, and it is not draining.</param>
/// <param name="KnowsEarlier">Whether it can tell what is left of its earlier sessions: ask <see cref="INodeGrain.BeganWith"/>.</param>
/// <param name="EvaluatesChunks">Whether it can be sent chunks of data jobs.</param>
[GenerateSerializer, Immutable, Alias("ot.FleetNode")]
public sealed record FleetNode(
    [property: Id(0)] string Id,
    [property: Id(1)] long Session,
    [property: Id(2)] int Slots,
    [property: Id(3)] ImmutableArray<Label> Labels,
    [property: Id(4)] Limits Enforces,
    [property: Id(5)] bool Accepts,
    [property: Id(6)] bool KnowsEarlier,
    [property: Id(7)] bool EvaluatesChunks = false);
