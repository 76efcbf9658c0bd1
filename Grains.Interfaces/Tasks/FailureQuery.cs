namespace OrleansTasks.Tasks;

/// <summary>Which finally failed tasks are grouped, and which groups are read; a null filter matches all tasks.</summary>
/// <param name="Queue">Of this queue.</param>
/// <param name="Name">With exactly this name.</param>
/// <param name="Since">Failed at this time or later, Unix milliseconds.</param>
/// <param name="AfterCount">The groups after one of so many tasks; null for the first ones.</param>
/// <param name="AfterFingerprint">The fingerprint of that group.</param>
/// <param name="Limit">The most groups.</param>
[GenerateSerializer, Immutable, Alias("ot.FailureQuery")]
public sealed record FailureQuery(
    [property: Id(0)] string? Queue,
    [property: Id(1)] string? Name,
    [property: Id(2)] long? Since,
    [property: Id(3)] long? AfterCount,
    [property: Id(4)] long AfterFingerprint,
    [property: Id(5)] int Limit);
