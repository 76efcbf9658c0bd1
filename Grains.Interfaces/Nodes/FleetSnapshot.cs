namespace OrleansTasks.Nodes;

/// <summary>The nodes that report now.</summary>
/// <param name="Version">Rises with every change; an older snapshot is ignored.</param>
/// <param name="Nodes">By id.</param>
/// <param name="IsComplete">False while nodes may not have reported yet: a node that is not listed is not gone then.</param>
[GenerateSerializer, Immutable, Alias("ot.FleetSnapshot")]
public sealed record FleetSnapshot(
    [property: Id(0)] long Version,
    [property: Id(1)] ImmutableArray<FleetNode> Nodes,
    [property: Id(2)] bool IsComplete)
{
    /// <summary>Nothing is known yet.</summary>
    public static FleetSnapshot Empty { get; } = new(0, [], false);
}
