namespace OrleansTasks.Cluster;

/// <summary>A moment at which the wall clock of a machine was set.</summary>
/// <param name="By">By how many milliseconds; negative for back.</param>
/// <param name="At">When it was noticed, in Unix milliseconds of the clock as it was set.</param>
[GenerateSerializer, Immutable, Alias("ot.ClockStep")]
public sealed record ClockStep([property: Id(0)] long By, [property: Id(1)] long At);
