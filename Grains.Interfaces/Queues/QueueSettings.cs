namespace OrleansTasks.Queues;

/// <summary>What an operator has set of a queue.</summary>
/// <param name="Name">The queue's name.</param>
/// <param name="Placement">How its tasks are spread over nodes.</param>
[GenerateSerializer, Immutable, Alias("ot.QueueSettings")]
public sealed record QueueSettings([property: Id(0)] string Name, [property: Id(1)] Placement Placement)
{
    /// <summary>The queue that always exists.</summary>
    public const string DefaultQueue = "default";

    /// <summary>The largest <see cref="MaxRunning"/>.</summary>
    public const int LargestMaxRunning = 1_000_000;

    /// <summary>The largest <see cref="MaxDepth"/>.</summary>
    public const int LargestMaxDepth = 100_000_000;

    /// <summary>The smallest <see cref="RatePerSecond"/>.</summary>
    public const double SmallestRate = 0.001;

    /// <summary>The largest <see cref="RatePerSecond"/>.</summary>
    public const double LargestRate = 1_000_000;

    /// <summary>The largest <see cref="Burst"/>.</summary>
    public const int LargestBurst = 1_000_000;

    /// <summary>The <see cref="Weight"/> of a queue for which none was set.</summary>
    public const int DefaultWeight = 1;

    /// <summary>The largest <see cref="Weight"/>.</summary>
    public const int LargestWeight = 100;

    /// <summary>Rises by one with each accepted change, from 1.</summary>
    [Id(2)] public long Version { get; init; } = 1;

    /// <summary>Whether nothing of the queue is assigned to nodes; what runs goes on.</summary>
    [Id(3)] public bool Paused { get; init; }

    /// <summary>How many tasks and chunks of the queue may be assigned or running at once; null for no limit.</summary>
    [Id(4)] public int? MaxRunning { get; init; }

    /// <summary>How many tasks may be scheduled or queued before new ones are refused; null for no limit.</summary>
    [Id(5)] public int? MaxDepth { get; init; }

    /// <summary>
    /// How many tasks (not chunks) may start a second: in any time t at most this times t, plus the burst. Null for no limit.
    /// </summary>
    [Id(6)] public double? RatePerSecond { get; init; }

    /// <summary>
    /// How many tasks may start at once after a pause in starting; null for the rate, rounded up. Means nothing without a rate.
    /// </summary>
    [Id(7)] public int? Burst { get; init; }

    /// <summary>
    /// The queue's part of a node's slots while other queues want them, too: of two queues with weights 1 and 3, the second
    /// gets three times as many. From 1 to <see cref="LargestWeight"/>.
    /// </summary>
    [Id(8)] public int Weight { get; init; } = DefaultWeight;

    /// <summary>
    /// Who paused the queue, when and why; null when it is not paused.
    /// </summary>
    [Id(9)] public QueuePause? Pause { get; init; }

    /// <summary>The burst that holds; null without a rate.</summary>
    public int? EffectiveBurst => RatePerSecond is { } rate ? Burst ?? (int)Math.Ceiling(rate) : null;

    /// <summary>The settings of a queue that nobody has set anything of.</summary>
    public static QueueSettings DefaultOf(string name) => new(name, Placement.LeastLoaded);
}
