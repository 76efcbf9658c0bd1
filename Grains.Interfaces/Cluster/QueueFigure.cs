namespace OrleansTasks.Cluster;

/// <summary>
/// What a silo has counted of one queue's tasks since the silo started. Chunks of data jobs are not included.
/// </summary>
/// <param name="Queue">The queue's name.</param>
/// <param name="Accepted">The number of accepted tasks.</param>
/// <param name="Started">The number of started attempts.</param>
/// <param name="Succeeded">The number of tasks that succeeded.</param>
/// <param name="Failed">
/// The number of failed tasks, indexed by their <see cref="Tasks.EndReason"/>; empty if none failed.
/// </param>
/// <param name="Waits">
/// How long attempts were queued before they started, by <see cref="DurationBuckets"/>; empty if none started.
/// </param>
/// <param name="Runs">
/// How long the last attempts of ended tasks ran, as counts by <see cref="DurationBuckets"/>.
/// </param>
/// <param name="Hold">What holds the queue's tasks back; null if this silo has not owned the queue.</param>
[GenerateSerializer, Immutable, Alias("ot.QueueFigure")]
public sealed record QueueFigure(
    [property: Id(0)] string Queue,
    [property: Id(1)] long Accepted,
    [property: Id(2)] long Started,
    [property: Id(3)] long Succeeded,
    [property: Id(4)] ImmutableArray<long> Failed,
    [property: Id(5)] ImmutableArray<long> Waits,
    [property: Id(6)] ImmutableArray<long> Runs,
    [property: Id(7)] Queues.QueueHold? Hold = null)
{
    /// <summary>The name under which a silo counts all queues beyond those that it lists.</summary>
    public const string OtherQueues = "(other)";
}
