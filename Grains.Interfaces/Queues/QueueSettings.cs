using OrleansTasks.Tasks;

namespace OrleansTasks.Queues;

/// <summary>The settings of a queue, as set by operators.</summary>
[GenerateSerializer, Immutable, Alias("ot.QueueSettings")]
public sealed record QueueSettings([property: Id(0)] string Name, [property: Id(1)] Placement Placement)
{
    /// <summary>The queue that always exists.</summary>
    public const string DefaultQueue = "default";

    /// <summary>Maximum of <see cref="MaxRunning"/>.</summary>
    public const int LargestMaxRunning = 1_000_000;

    /// <summary>Maximum of <see cref="MaxDepth"/>.</summary>
    public const int LargestMaxDepth = 100_000_000;

    /// <summary>Minimum of <see cref="RatePerSecond"/>.</summary>
    public const double SmallestRate = 0.001;

    /// <summary>Maximum of <see cref="RatePerSecond"/>.</summary>
    public const double LargestRate = 1_000_000;

    /// <summary>Maximum of <see cref="Burst"/>.</summary>
    public const int LargestBurst = 1_000_000;

    /// <summary>Default of <see cref="Weight"/>.</summary>
    public const int DefaultWeight = 1;

    /// <summary>Maximum of <see cref="Weight"/>.</summary>
    public const int LargestWeight = 100;

    /// <summary>The version of the settings: 1 at first, and one more with each accepted change.</summary>
    [Id(2)] public long Version { get; init; } = 1;

    /// <summary>
    /// Whether the queue is paused: it assigns nothing to nodes, but running tasks and chunks continue.
    /// </summary>
    [Id(3)] public bool Paused { get; init; }

    /// <summary>Maximum number of tasks and chunks assigned or running at once; null for no limit.</summary>
    [Id(4)] public int? MaxRunning { get; init; }

    /// <summary>Maximum number of scheduled and queued tasks. Further tasks are refused. Null for no limit.</summary>
    [Id(5)] public int? MaxDepth { get; init; }

    /// <summary>
    /// Maximum number of task (not chunk) starts per second. In t seconds, at most t times this, plus the burst, can
    /// start. Null for no limit.
    /// </summary>
    [Id(6)] public double? RatePerSecond { get; init; }

    /// <summary>Number of tasks that may start at once after an idle time; null for the rate, rounded up.</summary>
    [Id(7)] public int? Burst { get; init; }

    /// <summary>
    /// Weight for sharing a node's slots with other queues: a weight of 3 gets three times the slots of a weight of 1.
    /// </summary>
    [Id(8)] public int Weight { get; init; } = DefaultWeight;

    /// <summary>Who paused the queue, when and why; null unless it is paused.</summary>
    [Id(9)] public QueuePause? Pause { get; init; }

    /// <summary>Times in which the queue assigns nothing to nodes.</summary>
    [Id(10)] public ImmutableArray<Blackout> Blackouts { get; init; } = [];

    /// <summary>The weakest isolation that commands of this queue may run with, whatever their specs say.</summary>
    [Id(11)] public Isolation MinimumIsolation { get; init; }

    /// <summary>The burst in force; null without a rate limit.</summary>
    public int? EffectiveBurst => RatePerSecond is { } rate ? Burst ?? (int)Math.Ceiling(rate) : null;

    /// <summary>Returns the settings of a queue that has not been configured.</summary>
    public static QueueSettings DefaultOf(string name) => new(name, Placement.LeastLoaded);
}
