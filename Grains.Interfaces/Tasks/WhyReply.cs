namespace OrleansTasks.Tasks;

/// <summary>Why a task is not running yet.</summary>
/// <param name="Reasons">Empty when it runs or has ended.</param>
/// <param name="EstimatedStart">Unix milliseconds; null when nothing is known.</param>
[GenerateSerializer, Immutable, Alias("ot.WhyReply")]
public sealed record WhyReply(
    [property: Id(0)] ImmutableArray<WaitReason> Reasons,
    [property: Id(1)] long? EstimatedStart)
{
    /// <summary>No reason: it runs, or has ended.</summary>
    public static WhyReply None { get; } = new([], null);
}
