namespace OrleansTasks.Jobs;

/// <summary>
/// The parts of a progress that is too large for one message: their version, above 0, and their number.
/// </summary>
[GenerateSerializer, Immutable, Alias("ot.ProgressParts")]
public readonly record struct ProgressParts([property: Id(0)] long Version, [property: Id(1)] int Count);
