using OrleansTasks.Resources;
using OrleansTasks.Tasks;

namespace OrleansTasks.Nodes;

/// <summary>
/// A node as dispatchers see it. Labels are sorted by key. <c>Accepts</c>: whether it takes new work, which means it
/// has a command stream and is not draining. <c>KnowsEarlier</c>: whether <see cref="INodeGrain.BeganWith"/> can say
/// what is left of earlier sessions. <c>Resources</c> is what it offers; null if its worker does not say.
/// </summary>
[GenerateSerializer, Immutable, Alias("ot.FleetNode")]
public sealed record FleetNode(
    [property: Id(0)] string Id,
    [property: Id(1)] long Session,
    [property: Id(2)] int Slots,
    [property: Id(3)] ImmutableArray<Label> Labels,
    [property: Id(4)] Limits Enforces,
    [property: Id(5)] bool Accepts,
    [property: Id(6)] bool KnowsEarlier,
    [property: Id(7)] bool EvaluatesChunks = false,
    [property: Id(8)] ResourceVector? Resources = null)
{
    /// <summary>What it offers besides slots.</summary>
    public ResourceVector Offers => Resources ?? ResourceVector.None;

    /// <summary>Whether it takes only tasks that require a handler.</summary>
    public bool TakesHandlersOnly => Enforces.HasFlag(Limits.HandlersOnly);
}
