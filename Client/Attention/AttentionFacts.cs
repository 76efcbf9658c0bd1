using OrleansTasks.Cluster;
using OrleansTasks.Files;
using OrleansTasks.Nodes;
using OrleansTasks.Rollouts;
using OrleansTasks.Schedules;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;
using OrleansTasks.Webhooks;

namespace OrleansTasks.Client.Attention;

/// <summary>The facts that the attention rules evaluate, at one moment. Times are Unix milliseconds.</summary>
/// <param name="Now">The moment.</param>
internal sealed record AttentionFacts(long Now)
{
    /// <summary>The queues.</summary>
    public ImmutableArray<QueueFact> Queues { get; init; } = [];

    /// <summary>The nodes.</summary>
    public ImmutableArray<NodeView> Nodes { get; init; } = [];

    /// <summary>The running jobs.</summary>
    public ImmutableArray<JobFact> Jobs { get; init; } = [];

    /// <summary>The schedules with occurrences that were missed in the last day.</summary>
    public ImmutableArray<MissedFact> Missed { get; init; } = [];

    /// <summary>The schedules whose latest start is late, or will be, of the last day.</summary>
    public ImmutableArray<LateFact> Late { get; init; } = [];

    /// <summary>The schedules that cannot watch their folder, or not all of it.</summary>
    public ImmutableArray<ScheduleFolderProblem> Folders { get; init; } = [];

    /// <summary>The halted rollouts.</summary>
    public ImmutableArray<HaltedRollout> Halted { get; init; } = [];

    /// <summary>The webhooks whose deliveries are failing.</summary>
    public ImmutableArray<WebhookFact> Webhooks { get; init; } = [];

    /// <summary>The store's health.</summary>
    public StoreHealth Store { get; init; }

    /// <summary>How much the store of files has, and may have.</summary>
    public FileSpace Files { get; init; }

    /// <summary>What is wrong with the silos' activations; null if nothing is.</summary>
    public string? Activation { get; init; }

    /// <summary>The machines whose clocks were set in the last day.</summary>
    public ImmutableArray<ClockFact> Clocks { get; init; } = [];

    /// <summary>What was set aside because the store refused it.</summary>
    public ImmutableArray<RefusedWrite> Refused { get; init; } = [];

    /// <summary>Why silos can neither store nor read files, each with its name.</summary>
    public ImmutableArray<(string Silo, string Fault)> FileFaults { get; init; } = [];

    /// <summary>The number of tasks that failed because their nodes were lost too often.</summary>
    public long Quarantined { get; init; }

    /// <summary>The tasks that programs submitted in their own transactions and that are not accepted.</summary>
    public SubmissionStatus Submissions { get; init; } = SubmissionStatus.None;
}

/// <summary>The facts about a queue.</summary>
/// <param name="Name">The queue's name.</param>
/// <param name="Paused">Whether the queue is paused.</param>
/// <param name="Depth">The number of queued tasks.</param>
/// <param name="Running">The number of tasks at nodes.</param>
/// <param name="OldestQueuedAt">When the longest waiting task was queued; null if none is queued.</param>
internal sealed record QueueFact(string Name, bool Paused, long Depth, long Running, long? OldestQueuedAt)
{
    /// <summary>How many tasks may start per second; null for no limit.</summary>
    public double? RatePerSecond { get; init; }

    /// <summary>Whether a blackout has held the queue's tasks back lately.</summary>
    public bool IsDark { get; init; }

    /// <summary>Whether a task has started in the last minute.</summary>
    public bool Starts { get; init; }

    /// <summary>The number of tasks that failed in the last five minutes.</summary>
    public long Failed { get; init; }

    /// <summary>The number of tasks that ended in the last five minutes.</summary>
    public long Ended { get; init; }

    /// <summary>
    /// The mean number of failures in five minutes over the last day; null if less than an hour of it is known.
    /// </summary>
    public double? UsualFailed { get; init; }

    /// <summary>When the failures began; null if unknown.</summary>
    public long? FailingSince { get; init; }

    /// <summary>
    /// How many of the oldest queued tasks no node can run, with the oldest one's id, when that was queued, and why no
    /// node can run it; null if there are none.
    /// </summary>
    public (long Count, string Task, long Since, string Why)? Unfit { get; init; }
}

/// <summary>The facts about a running job.</summary>
/// <param name="Id">The job's id.</param>
/// <param name="Name">The job's name.</param>
/// <param name="Open">The number of chunks that are queued or running.</param>
/// <param name="MovedAt">When its counts were last seen to change.</param>
/// <param name="Still">How long ago that was, whatever the clock was set to since.</param>
internal sealed record JobFact(string Id, string Name, long Open, long MovedAt, TimeSpan Still);

/// <summary>The missed occurrences of a schedule.</summary>
/// <param name="Schedule">The schedule's id.</param>
/// <param name="Count">How many misses were reported. One report may cover several consecutive times.</param>
/// <param name="At">When the first of them was recorded.</param>
internal sealed record MissedFact(string Schedule, long Count, long At);

/// <summary>A clock that was set.</summary>
/// <param name="Of">The silo, or <c>gateway</c>.</param>
/// <param name="Step">When, and by how much.</param>
internal sealed record ClockFact(string Of, ClockStep Step);

/// <summary>A webhook whose deliveries are failing.</summary>
/// <param name="Id">The webhook's id.</param>
/// <param name="Host">
/// The host of its address. Every key with the scope <c>read</c> sees it, and path and query may hold credentials.
/// </param>
/// <param name="Since">Since when its deliveries have failed.</param>
/// <param name="Open">The number of deliveries that will be tried again.</param>
/// <param name="IsGone">Whether the receiver answered 410, which paused the webhook.</param>
internal sealed record WebhookFact(string Id, string Host, long Since, long Open, bool IsGone = false)
{
    /// <summary>Returns the fact about a webhook that fails or whose receiver is gone.</summary>
    public static WebhookFact Of(WebhookView webhook) => new(
        webhook.Id, new Uri(webhook.Url).Host, webhook.GoneAt ?? webhook.FailingSince!.Value, webhook.Open,
        webhook.GoneAt is not null);
}

/// <summary>A schedule whose latest start is late, or will be.</summary>
/// <param name="Schedule">The schedule's id.</param>
/// <param name="At">When that was noticed.</param>
internal sealed record LateFact(string Schedule, long At);
