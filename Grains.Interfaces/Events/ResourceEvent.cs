namespace OrleansTasks.Events;

/// <summary>A change of something that operators make and change, such as a queue.</summary>
/// <param name="Sequence">Its number among all resources' events, from 1 and without a gap; 0 before it is stored.</param>
/// <param name="At">Unix milliseconds.</param>
/// <param name="Kind">What changed.</param>
/// <param name="Id">The resource's id: a queue's name.</param>
/// <param name="State">What happened to it.</param>
[GenerateSerializer, Immutable, Alias("ot.ResourceEvent")]
public sealed record ResourceEvent(
    [property: Id(0)] long Sequence,
    [property: Id(1)] long At,
    [property: Id(2)] ResourceKind Kind,
    [property: Id(3)] string Id,
    [property: Id(4)] ResourceState State);
