namespace OrleansTasks.Tasks;

/// <summary>What is stored of a queue for undoing a cancel or a retry.</summary>
/// <param name="Queue">The queue.</param>
/// <param name="Tasks">How many of its tasks the request has changed.</param>
/// <param name="LastAt">When it changed the last of them, in Unix milliseconds.</param>
[GenerateSerializer, Immutable, Alias("ot.UndoPart")]
public readonly record struct UndoPart(
    [property: Id(0)] string Queue, [property: Id(1)] long Tasks, [property: Id(2)] long LastAt);
