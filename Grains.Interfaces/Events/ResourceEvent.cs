namespace OrleansTasks.Events;

/// <summary>A change of a resource: something that operators create and change, such as a queue.</summary>
/// <param name="Sequence">
/// The event's number among all resource events, from 1 without gaps; 0 until it is stored.
/// </param>
/// <param name="At">The time in Unix milliseconds.</param>
/// <param name="Kind">The kind of resource.</param>
/// <param name="Id">The resource's id; for a queue, its name.</param>
/// <param name="State">What happened to the resource.</param>
[GenerateSerializer, Immutable, Alias("ot.ResourceEvent")]
public sealed record ResourceEvent(
    [property: Id(0)] long Sequence,
    [property: Id(1)] long At,
    [property: Id(2)] ResourceKind Kind,
    [property: Id(3)] string Id,
    [property: Id(4)] ResourceState State);
