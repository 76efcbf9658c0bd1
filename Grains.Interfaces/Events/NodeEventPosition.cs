namespace OrleansTasks.Events;

/// <summary>Which events of nodes are stored.</summary>
/// <param name="First">The oldest stored sequence; 0 when nothing is stored.</param>
/// <param name="Last">The newest one; 0 before the first.</param>
[GenerateSerializer, Immutable, Alias("ot.NodeEventPosition")]
public readonly record struct NodeEventPosition([property: Id(0)] long First, [property: Id(1)] long Last);
