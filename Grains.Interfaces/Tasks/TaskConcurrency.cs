namespace OrleansTasks.Tasks;

/// <summary>
/// A task's concurrency key. The task starts only while fewer than <paramref name="Limit"/> tasks of its queue with the
/// same key are assigned or running. Each task has its own limit, which applies to that task alone.
/// </summary>
/// <param name="Key">The key: 1 to 256 characters without control characters.</param>
/// <param name="Limit">The limit, from 1 to 100,000.</param>
[GenerateSerializer, Immutable, Alias("ot.TaskConcurrency")]
public sealed record TaskConcurrency([property: Id(0)] string Key, [property: Id(1)] int Limit)
{
    /// <summary>Maximum length of a key in characters.</summary>
    public const int LongestKey = 256;

    /// <summary>The largest limit.</summary>
    public const int LargestLimit = ServiceLimits.ConcurrencyOfKey;
}
