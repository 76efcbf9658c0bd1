namespace OrleansTasks.Tasks;

/// <summary>A queue's part of a cancel or retry that can be undone.</summary>
/// <param name="Queue">The queue.</param>
/// <param name="Tasks">The number of the queue's tasks that the request changed.</param>
/// <param name="LastAt">When the request changed the last of them, in Unix milliseconds.</param>
[GenerateSerializer, Immutable, Alias("ot.UndoPart")]
public readonly record struct UndoPart(
    [property: Id(0)] string Queue, [property: Id(1)] long Tasks, [property: Id(2)] long LastAt);
