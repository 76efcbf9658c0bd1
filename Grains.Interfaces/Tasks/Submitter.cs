using OrleansTasks.Audit;

namespace OrleansTasks.Tasks;

/// <summary>Who submitted a task. No text has control characters.</summary>
/// <param name="Key">See <see cref="Origin.Key"/>.</param>
/// <param name="KeyName">See <see cref="Origin.KeyName"/>.</param>
/// <param name="Says">See <see cref="Origin.Says"/>.</param>
[GenerateSerializer, Immutable, Alias("ot.Submitter")]
public sealed record Submitter(
    [property: Id(0)] string? Key, [property: Id(1)] string? KeyName, [property: Id(2)] string? Says);
