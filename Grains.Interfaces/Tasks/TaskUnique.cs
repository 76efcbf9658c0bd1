namespace OrleansTasks.Tasks;

/// <summary>Which tasks hold a unique key.</summary>
public enum UniqueWhile : byte
{
    /// <summary>Those that have not ended.</summary>
    Open,

    /// <summary>Those that no node has: scheduled or queued ones.</summary>
    Queued,
}

/// <summary>What happens to a new task whose unique key is held.</summary>
public enum UniqueThen : byte
{
    /// <summary>It is refused.</summary>
    Refuse,

    /// <summary>It is not accepted; its caller gets the task that holds the key.</summary>
    Join,

    /// <summary>The tasks that hold the key are cancelled, and it waits for their ends.</summary>
    Replace,
}

/// <summary>
/// A task's unique key. When the task arrives, its queue checks whether another of its tasks holds the key.
/// </summary>
/// <param name="Key">The key: 1 to 256 characters without control characters.</param>
/// <param name="While">Which tasks hold it.</param>
/// <param name="Then">What happens if another task holds it.</param>
[GenerateSerializer, Immutable, Alias("ot.TaskUnique")]
public sealed record TaskUnique(
    [property: Id(0)] string Key, [property: Id(1)] UniqueWhile While, [property: Id(2)] UniqueThen Then)
{
    /// <summary>Maximum length of a key in characters.</summary>
    public const int LongestKey = 256;

    /// <summary>The longest <see cref="Debounce"/>.</summary>
    public static readonly TimeSpan LongestDebounce = TimeSpan.FromDays(7);

    /// <summary>How long after the latest arrival the task starts, in milliseconds; 0 for at once.</summary>
    [Id(3)]
    public long Debounce { get; init; }

    /// <summary>The longest time from the first arrival to the start, in milliseconds.</summary>
    [Id(4)]
    public long DebounceMax { get; init; }

    /// <summary>
    /// With debounce, the first arrival in Unix milliseconds by the clock of the queue's owner: the arrival of the
    /// earliest task that was replaced before it started, or of this task. Otherwise 0.
    /// </summary>
    [Id(5)]
    public long Since { get; init; }
}
