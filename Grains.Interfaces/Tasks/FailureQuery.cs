namespace OrleansTasks.Tasks;

/// <summary>Selects the failed tasks to group and the groups to return. A null filter matches all tasks.</summary>
/// <param name="Queue">Only tasks of this queue.</param>
/// <param name="Name">Only tasks with exactly this name.</param>
/// <param name="Since">Only tasks that failed at this time or later, in Unix milliseconds.</param>
/// <param name="AfterCount">
/// The number of tasks of the last group of the previous page; null for the first page.
/// </param>
/// <param name="AfterFingerprint">The fingerprint of that last group.</param>
/// <param name="Limit">Maximum number of groups.</param>
[GenerateSerializer, Immutable, Alias("ot.FailureQuery")]
public sealed record FailureQuery(
    [property: Id(0)] string? Queue,
    [property: Id(1)] string? Name,
    [property: Id(2)] long? Since,
    [property: Id(3)] long? AfterCount,
    [property: Id(4)] long AfterFingerprint,
    [property: Id(5)] int Limit);
