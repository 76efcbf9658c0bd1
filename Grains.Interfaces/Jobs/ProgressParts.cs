namespace OrleansTasks.Jobs;

/// <summary>Where a job's progress is that is too large for one message.</summary>
/// <param name="Version">The version that its parts were put under; larger than 0.</param>
/// <param name="Count">How many parts there are, numbered from 0.</param>
[GenerateSerializer, Immutable, Alias("ot.ProgressParts")]
public readonly record struct ProgressParts([property: Id(0)] long Version, [property: Id(1)] int Count);
