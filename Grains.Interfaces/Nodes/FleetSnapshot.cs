namespace OrleansTasks.Nodes;

/// <summary>The nodes that report now.</summary>
/// <param name="Version">Rises with every change; an older snapshot is ignored.</param>
/// <param name="Nodes">By id.</param>
[GenerateSerializer, Immutable, Alias("ot.FleetSnapshot")]
public sealed record FleetSnapshot(
    [property: Id(0)] long Version,
    [property: Id(1)] ImmutableArray<FleetNode> Nodes)
{
    /// <summary>Nothing is known yet.</summary>
    public static FleetSnapshot Empty { get; } = new(0, []);
}
