namespace OrleansTasks.Tasks;

/// <summary>
/// A task's concurrency key: the task starts only while fewer than <paramref name="Limit"/> tasks of its queue with the
/// same key are assigned or running. Each task brings a limit of its own, which counts for this task alone.
/// </summary>
/// <param name="Key">1 to 256 characters, none of them a control character.</param>
/// <param name="Limit">1 to 100,000.</param>
[GenerateSerializer, Immutable, Alias("ot.TaskConcurrency")]
public sealed record TaskConcurrency([property: Id(0)] string Key, [property: Id(1)] int Limit)
{
    /// <summary>The most characters of a key.</summary>
    public const int LongestKey = 256;

    /// <summary>The largest limit.</summary>
    public const int LargestLimit = ServiceLimits.ConcurrencyOfKey;
}
