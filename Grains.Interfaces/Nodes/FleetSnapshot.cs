namespace OrleansTasks.Nodes;

/// <summary>The reporting nodes by id; complete once all had time to report. Receivers ignore older versions.</summary>
[GenerateSerializer, Immutable, Alias("ot.FleetSnapshot")]
public sealed record FleetSnapshot(
    [property: Id(0)] long Version,
    [property: Id(1)] ImmutableArray<FleetNode> Nodes,
    [property: Id(2)] bool IsComplete)
{
    /// <summary>The snapshot before anything is known.</summary>
    public static FleetSnapshot Empty { get; } = new(0, [], false);
}
