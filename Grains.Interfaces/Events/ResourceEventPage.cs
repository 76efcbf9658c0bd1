namespace OrleansTasks.Events;

/// <summary>A page of resource events, with the range of events that was stored when the page was read.</summary>
/// <param name="First">The oldest stored sequence; 0 if nothing is stored.</param>
/// <param name="Last">The newest sequence; 0 before the first event.</param>
/// <param name="Events">The events, in order.</param>
[GenerateSerializer, Immutable, Alias("ot.ResourceEventPage")]
public sealed record ResourceEventPage(
    [property: Id(0)] long First,
    [property: Id(1)] long Last,
    [property: Id(2)] ImmutableArray<ResourceEvent> Events)
{
    /// <summary>Returns whether events after a sequence were removed for their age.</summary>
    public bool HasLost(long after) => Last > after && First > after + 1;
}
