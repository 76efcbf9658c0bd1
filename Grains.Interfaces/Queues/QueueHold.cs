namespace OrleansTasks.Queues;

/// <summary>What holds a queue's tasks back, as of its last rounds.</summary>
/// <param name="At">When this was so, in Unix milliseconds.</param>
/// <param name="IsHeld">Whether tasks were queued then; if so, this holds until a later one.</param>
/// <param name="Shares">The causes of the five minutes before, largest share first.</param>
[GenerateSerializer, Immutable, Alias("ot.QueueHold")]
public sealed record QueueHold(
    [property: Id(0)] long At, [property: Id(1)] bool IsHeld, [property: Id(2)] ImmutableArray<HeldShare> Shares)
{
    /// <summary>How far back the shares reach, in milliseconds.</summary>
    public const long Window = 300_000;
}
