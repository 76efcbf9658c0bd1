namespace OrleansTasks.Events;

/// <summary>A part of the stored events of resources, and which of them are stored, from one moment.</summary>
/// <param name="First">The oldest stored sequence; 0 when nothing is stored.</param>
/// <param name="Last">The newest one; 0 before the first.</param>
/// <param name="Events">The events, in order.</param>
[GenerateSerializer, Immutable, Alias("ot.ResourceEventPage")]
public sealed record ResourceEventPage(
    [property: Id(0)] long First,
    [property: Id(1)] long Last,
    [property: Id(2)] ImmutableArray<ResourceEvent> Events)
{
    /// <summary>Whether events that follow a sequence were removed for their age.</summary>
    public bool HasLost(long after) => Last > after && First > after + 1;
}
