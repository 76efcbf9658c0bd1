namespace OrleansTasks.Nodes;

/// <summary>The reporting nodes by id; complete once all had time to report. Older versions are ignored.</summary>
[GenerateSerializer, Immutable, Alias("ot.FleetSnapshot")]
public sealed record FleetSnapshot(
    [property: Id(0)] long Version,
    [property: Id(1)] ImmutableArray<FleetNode> Nodes,
    [property: Id(2)] bool IsComplete)
{
    /// <summary>Nothing is known yet.</summary>
    public static FleetSnapshot Empty { get; } = new(0, [], false);
}
