namespace OrleansTasks.Queues;

/// <summary>What an operator has set of a queue.</summary>
/// <param name="Name">The queue's name.</param>
/// <param name="Placement">How its tasks are spread over nodes.</param>
[GenerateSerializer, Immutable, Alias("ot.QueueSettings")]
public sealed record QueueSettings([property: Id(0)] string Name, [property: Id(1)] Placement Placement)
{
    /// <summary>The settings of a queue that nobody has set anything of.</summary>
    public static QueueSettings DefaultOf(string name) => new(name, Placement.LeastLoaded);
}
