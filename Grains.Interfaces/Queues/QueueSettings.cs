namespace OrleansTasks.Queues;

/// <summary>An operator's settings of a queue.</summary>
[GenerateSerializer, Immutable, Alias("ot.QueueSettings")]
public sealed record QueueSettings([property: Id(0)] string Name, [property: Id(1)] Placement Placement)
{
    /// <summary>The queue that always exists.</summary>
    public const string DefaultQueue = "default";

    /// <summary>Upper bound of <see cref="MaxRunning"/>.</summary>
    public const int LargestMaxRunning = 1_000_000;

    /// <summary>Upper bound of <see cref="MaxDepth"/>.</summary>
    public const int LargestMaxDepth = 100_000_000;

    /// <summary>Lower bound of <see cref="RatePerSecond"/>.</summary>
    public const double SmallestRate = 0.001;

    /// <summary>Upper bound of <see cref="RatePerSecond"/>.</summary>
    public const double LargestRate = 1_000_000;

    /// <summary>Upper bound of <see cref="Burst"/>.</summary>
    public const int LargestBurst = 1_000_000;

    /// <summary>Default of <see cref="Weight"/>.</summary>
    public const int DefaultWeight = 1;

    /// <summary>Upper bound of <see cref="Weight"/>.</summary>
    public const int LargestWeight = 100;

    /// <summary>Starts at 1 and rises by one with each accepted change.</summary>
    [Id(2)] public long Version { get; init; } = 1;

    /// <summary>Stops assigning to nodes; running tasks and chunks go on.</summary>
    [Id(3)] public bool Paused { get; init; }

    /// <summary>Limit on tasks and chunks assigned or running at once, or null.</summary>
    [Id(4)] public int? MaxRunning { get; init; }

    /// <summary>Limit on scheduled and queued tasks, beyond which new tasks are refused, or null.</summary>
    [Id(5)] public int? MaxDepth { get; init; }

    /// <summary>Limit on task (not chunk) starts: in t seconds at most t times this, plus the burst; or null.</summary>
    [Id(6)] public double? RatePerSecond { get; init; }

    /// <summary>Tasks that may start at once after an idle time; null for the rate, rounded up.</summary>
    [Id(7)] public int? Burst { get; init; }

    /// <summary>Part of a node's slots while other queues want them: weight 3 gets three times as many as 1.</summary>
    [Id(8)] public int Weight { get; init; } = DefaultWeight;

    /// <summary>Who paused the queue, when and why; null unless it is paused.</summary>
    [Id(9)] public QueuePause? Pause { get; init; }

    /// <summary>The burst in force; null without a rate.</summary>
    public int? EffectiveBurst => RatePerSecond is { } rate ? Burst ?? (int)Math.Ceiling(rate) : null;

    /// <summary>Returns the settings of a queue that nobody has configured.</summary>
    public static QueueSettings DefaultOf(string name) => new(name, Placement.LeastLoaded);
}
