namespace OrleansTasks.Tasks;

/// <summary>Why a task is not running yet.</summary>
/// <param name="Reasons">The reasons; empty if the task runs or has ended.</param>
/// <param name="EstimatedStart">The estimated start in Unix milliseconds; null if unknown.</param>
/// <param name="Confidence">How far the estimate can be trusted; <c>None</c> without an estimate.</param>
/// <param name="Range">The range of the estimate; null unless it is measured.</param>
/// <param name="Position">The task's place among the queued tasks, from 1; null unless it is queued.</param>
[GenerateSerializer, Immutable, Alias("ot.WhyReply")]
public sealed record WhyReply(
    [property: Id(0)] ImmutableArray<WaitReason> Reasons,
    [property: Id(1)] long? EstimatedStart,
    [property: Id(2)] EstimateConfidence Confidence = EstimateConfidence.None,
    [property: Id(3)] StartRange? Range = null,
    [property: Id(4)] long? Position = null)
{
    /// <summary>The memory in bytes that the task reserves after an attempt ran out of it; null if its spec says how much.</summary>
    [Id(5)] public long? ReservedMemory { get; init; }

    /// <summary>The reply for a task that runs or has ended.</summary>
    public static WhyReply None { get; } = new([], null);
}
