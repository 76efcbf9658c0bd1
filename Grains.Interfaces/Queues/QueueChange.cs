namespace OrleansTasks.Queues;

/// <summary>A change of a queue's settings; what is null stays.</summary>
/// <param name="Placement">How its tasks are spread over nodes.</param>
[GenerateSerializer, Immutable, Alias("ot.QueueChange")]
public sealed record QueueChange([property: Id(0)] Placement? Placement);
