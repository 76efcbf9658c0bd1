namespace OrleansTasks.Tasks;

/// <summary>Why a task is not running yet.</summary>
/// <param name="Reasons">The reasons; empty if the task runs or has ended.</param>
/// <param name="EstimatedStart">The estimated start in Unix milliseconds; null if unknown.</param>
[GenerateSerializer, Immutable, Alias("ot.WhyReply")]
public sealed record WhyReply(
    [property: Id(0)] ImmutableArray<WaitReason> Reasons,
    [property: Id(1)] long? EstimatedStart)
{
    /// <summary>The reply for a task that runs or has ended.</summary>
    public static WhyReply None { get; } = new([], null);
}
