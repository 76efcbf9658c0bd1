namespace OrleansTasks.Events;

/// <summary>The range of stored node events.</summary>
/// <param name="First">The oldest stored sequence; 0 if nothing is stored.</param>
/// <param name="Last">The newest sequence; 0 before the first event.</param>
[GenerateSerializer, Immutable, Alias("ot.NodeEventPosition")]
public readonly record struct NodeEventPosition([property: Id(0)] long First, [property: Id(1)] long Last);
