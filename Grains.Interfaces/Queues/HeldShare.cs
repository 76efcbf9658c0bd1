namespace OrleansTasks.Queues;

/// <summary>How much of the time in which a queue's tasks waited one cause held them back.</summary>
/// <param name="Code">The cause, as in the reasons why a task waits.</param>
/// <param name="Share">A fraction of the time, from 0 to 1.</param>
[GenerateSerializer, Immutable, Alias("ot.HeldShare")]
public sealed record HeldShare([property: Id(0)] string Code, [property: Id(1)] double Share);
