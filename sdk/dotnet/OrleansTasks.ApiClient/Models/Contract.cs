// Generated from docs/openapi.json by ContractFileTests. Do not edit.
using System.Text.Json.Serialization;
using OrleansTasks.ApiClient.Json;

namespace OrleansTasks.ApiClient;

/// <summary>Who requested a change.</summary>
public sealed record Actor
{
    /// <summary>The id of the API key; null if none was required and none was sent.</summary>
    public string? Key { get; init; }

    /// <summary>The name of the key.</summary>
    public string? Name { get; init; }

    /// <summary>The header Otask-Actor, an unverified claim.</summary>
    public string? Says { get; init; }
}

/// <summary>How much of the time in which tasks waited one cause held them back.</summary>
public sealed record HeldShare
{
    /// <summary>The cause, as in the reasons why a task waits.</summary>
    public HeldShareCode Code { get; init; }

    /// <summary>The part of the time in which a task was queued. The shares of all causes add up to 1.</summary>
    public double Share { get; init; }
}

/// <summary>The cause, as in the reasons why a task waits.</summary>
[JsonConverter(typeof(KebabWordConverter<HeldShareCode>))]
public enum HeldShareCode
{
    /// <summary>A word that this version of the package does not know.</summary>
    Unknown,

    /// <summary>The word <c>queue-paused</c>.</summary>
    QueuePaused,

    /// <summary>The word <c>max-running</c>.</summary>
    MaxRunning,

    /// <summary>The word <c>rate-limited</c>.</summary>
    RateLimited,

    /// <summary>The word <c>concurrency-key</c>.</summary>
    ConcurrencyKey,

    /// <summary>The word <c>no-matching-node</c>.</summary>
    NoMatchingNode,

    /// <summary>The word <c>node-resting</c>.</summary>
    NodeResting,

    /// <summary>The word <c>no-free-slot</c>.</summary>
    NoFreeSlot,

    /// <summary>The word <c>share-used</c>.</summary>
    ShareUsed,

    /// <summary>The word <c>starting</c>.</summary>
    Starting,

    /// <summary>The word <c>blackout</c>.</summary>
    Blackout,

    /// <summary>The word <c>no-free-resource</c>.</summary>
    NoFreeResource,
}

/// <summary>A queue: its settings, and how many tasks it has.</summary>
public sealed record QueueDetails
{
    /// <summary>The name.</summary>
    public string Name { get; init; } = "";

    /// <summary>Increases by one with each change of the settings.</summary>
    public long Version { get; init; }

    /// <summary>Whether the queue assigns no tasks; running tasks continue.</summary>
    public bool Paused { get; init; }

    /// <summary>Who paused it; null unless it is paused.</summary>
    public Actor? PausedBy { get; init; }

    /// <summary>When it was paused; null unless it is paused.</summary>
    public DateTimeOffset? PausedAt { get; init; }

    /// <summary>The header Otask-Reason of the call that paused it; null if it had none.</summary>
    public string? PausedReason { get; init; }

    /// <summary>Tasks that are queued.</summary>
    public long Depth { get; init; }

    /// <summary>Tasks that are assigned or running.</summary>
    public long Running { get; init; }

    /// <summary>Tasks that wait for their time, for other tasks, or for the backoff of a retry.</summary>
    public long Scheduled { get; init; }

    /// <summary>
    /// Tasks that failed in the last 24 hours, as far as this gateway has counted them; null if there are too many
    /// queues to count.
    /// </summary>
    public long? FailedLastDay { get; init; }

    /// <summary>When the task that has been queued longest was queued; null if none is queued.</summary>
    public DateTimeOffset? OldestQueuedAt { get; init; }

    /// <summary>Maximum tasks and chunks that are assigned or running; null for no limit.</summary>
    public long? MaxRunning { get; init; }

    /// <summary>Maximum scheduled and queued tasks; null for no limit.</summary>
    public long? MaxDepth { get; init; }

    /// <summary>Maximum task starts per second, not counting chunks of data jobs; null for no limit.</summary>
    public double? RatePerSecond { get; init; }

    /// <summary>Maximum tasks that start at once after a pause in starting; null without a rate.</summary>
    public long? Burst { get; init; }

    /// <summary>The queue's part of a node's slots while other queues want them too.</summary>
    public int Weight { get; init; }

    /// <summary>How tasks are spread over nodes.</summary>
    public QueueStrategy Strategy { get; init; }

    /// <summary>Times in which the queue starts no tasks; running tasks continue.</summary>
    public IReadOnlyList<Blackout> Blackouts { get; init; } = [];

    /// <summary>How commands of the queue's tasks and jobs are isolated at least.</summary>
    public QueueMinimumIsolation MinimumIsolation { get; init; }

    /// <summary>
    /// What held the queue's tasks back in the last 5 minutes, largest share first, as this gateway read it within the
    /// last seconds; empty if no task was queued, null if there are too many queues to count.
    /// </summary>
    public IReadOnlyList<HeldShare>? HeldBy { get; init; }
}

/// <summary>How tasks are spread over nodes.</summary>
[JsonConverter(typeof(CamelWordConverter<QueueStrategy>))]
public enum QueueStrategy
{
    /// <summary>A word that this version of the package does not know.</summary>
    Unknown,

    /// <summary>The word <c>leastLoaded</c>.</summary>
    LeastLoaded,

    /// <summary>The word <c>roundRobin</c>.</summary>
    RoundRobin,

    /// <summary>The word <c>pack</c>.</summary>
    Pack,
}

/// <summary>How commands of the queue's tasks and jobs are isolated at least.</summary>
[JsonConverter(typeof(CamelWordConverter<QueueMinimumIsolation>))]
public enum QueueMinimumIsolation
{
    /// <summary>A word that this version of the package does not know.</summary>
    Unknown,

    /// <summary>The word <c>none</c>.</summary>
    None,

    /// <summary>The word <c>sandbox</c>.</summary>
    Sandbox,
}

/// <summary>A change of a queue. Omitted settings stay as they are; null sets the default.</summary>
public sealed record QueueChange
{
    /// <summary>How tasks are spread over nodes.</summary>
    [JsonConverter(typeof(SettingConverter<QueueStrategy>))]
    public Setting<QueueStrategy>? Strategy { get; init; }

    /// <summary>
    /// Whether the queue assigns no tasks; running tasks continue. In effect once the call has answered.
    /// </summary>
    [JsonConverter(typeof(SettingConverter<bool>))]
    public Setting<bool>? Paused { get; init; }

    /// <summary>Maximum tasks and chunks that are assigned or running.</summary>
    [JsonConverter(typeof(SettingConverter<int>))]
    public Setting<int>? MaxRunning { get; init; }

    /// <summary>Maximum scheduled and queued tasks; beyond it, submissions are refused with 429.</summary>
    [JsonConverter(typeof(SettingConverter<int>))]
    public Setting<int>? MaxDepth { get; init; }

    /// <summary>Maximum task starts per second.</summary>
    [JsonConverter(typeof(SettingConverter<double>))]
    public Setting<double>? RatePerSecond { get; init; }

    /// <summary>By default the rate, rounded up.</summary>
    [JsonConverter(typeof(SettingConverter<int>))]
    public Setting<int>? Burst { get; init; }

    /// <summary>The queue's part of a node's slots while other queues want them too; 1 by default.</summary>
    [JsonConverter(typeof(SettingConverter<int>))]
    public Setting<int>? Weight { get; init; }

    /// <summary>Times in which the queue starts no tasks; running tasks continue.</summary>
    [JsonConverter(typeof(SettingConverter<IReadOnlyList<Blackout>>))]
    public Setting<IReadOnlyList<Blackout>>? Blackouts { get; init; }

    /// <summary>
    /// Commands of the queue's tasks and jobs are isolated at least so, whatever their specs say. In effect for what
    /// starts after the call has answered.
    /// </summary>
    [JsonConverter(typeof(SettingConverter<QueueMinimumIsolation>))]
    public Setting<QueueMinimumIsolation>? MinimumIsolation { get; init; }

    /// <summary>If this is not the stored version, the change is refused with 409.</summary>
    [JsonConverter(typeof(SettingConverter<long>))]
    public Setting<long>? Version { get; init; }
}

/// <summary>What passed through a queue lately, and when its waiting tasks will be gone.</summary>
public sealed record QueueForecast
{
    /// <summary>Tasks that are queued.</summary>
    public long Backlog { get; init; }

    /// <summary>
    /// How the backlog changes. A batch that came once says nothing about arrivals to come. Null if nothing is known
    /// yet.
    /// </summary>
    public QueueForecastTrend? Trend { get; init; }

    /// <summary>
    /// When no task will be queued any more, if tasks go on to arrive and start as in the last minute; null unless the
    /// backlog shrinks or is empty.
    /// </summary>
    public DateTimeOffset? EmptyAt { get; init; }

    /// <summary>When the present blackout ends; null outside blackouts, and if it has no known end.</summary>
    public DateTimeOffset? BlackoutUntil { get; init; }

    /// <summary>
    /// The slots, taken or free, of nodes that accept work and match a queued task; if none is queued, of all nodes
    /// that accept work.
    /// </summary>
    public long Slots { get; init; }

    /// <summary>How long attempts ran, such as 1.5s; null if none has ended.</summary>
    public string? MeanRunTime { get; init; }

    /// <summary>Tasks that were queued: accepted, due, released or retried. Chunks of data jobs do not count.</summary>
    public double ArrivalsPerSecond { get; init; }

    /// <summary>Attempts that started.</summary>
    public double StartsPerSecond { get; init; }

    /// <summary>Attempts that ended after their start, lost ones apart.</summary>
    public double EndsPerSecond { get; init; }

    /// <summary>When counting began: 5 minutes ago, or when a silo took the queue over.</summary>
    public DateTimeOffset Since { get; init; }

    /// <summary>What held tasks back, largest share first; empty if no task was queued.</summary>
    public IReadOnlyList<HeldShare> HeldBy { get; init; } = [];

    /// <summary>How good the estimates of starts were.</summary>
    public QueueForecastEstimates Estimates { get; init; } = new();
}

/// <summary>
/// How the backlog changes. A batch that came once says nothing about arrivals to come. Null if nothing is known yet.
/// </summary>
[JsonConverter(typeof(CamelWordConverter<QueueForecastTrend>))]
public enum QueueForecastTrend
{
    /// <summary>A word that this version of the package does not know.</summary>
    Unknown,

    /// <summary>The word <c>growing</c>.</summary>
    Growing,

    /// <summary>The word <c>steady</c>.</summary>
    Steady,

    /// <summary>The word <c>shrinking</c>.</summary>
    Shrinking,
}

/// <summary>How good the estimates of starts were.</summary>
public sealed record QueueForecastEstimates
{
    /// <summary>Past estimates of starts that were checked.</summary>
    public int Samples { get; init; }

    /// <summary>The fraction of those with a range whose tasks started within it; null without any.</summary>
    public double? InRange { get; init; }
}
