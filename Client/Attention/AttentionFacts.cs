using OrleansTasks.Nodes;
using OrleansTasks.Storage;

namespace OrleansTasks.Client.Attention;

/// <summary>What the rules judge, at one moment. Times are Unix milliseconds.</summary>
/// <param name="Now">The moment.</param>
internal sealed record AttentionFacts(long Now)
{
    /// <summary>The queues.</summary>
    public ImmutableArray<QueueFact> Queues { get; init; } = [];

    /// <summary>The nodes.</summary>
    public ImmutableArray<NodeView> Nodes { get; init; } = [];

    /// <summary>The running jobs.</summary>
    public ImmutableArray<JobFact> Jobs { get; init; } = [];

    /// <summary>Occurrences of schedules that were missed in the last day, by schedule.</summary>
    public ImmutableArray<MissedFact> Missed { get; init; } = [];

    /// <summary>Webhooks whose tries fail.</summary>
    public ImmutableArray<WebhookFact> Webhooks { get; init; } = [];

    /// <summary>How the store is.</summary>
    public StoreHealth Store { get; init; }

    /// <summary>Tasks that failed because their nodes were lost too often.</summary>
    public long Quarantined { get; init; }
}

/// <summary>A queue.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Paused">Whether it is paused.</param>
/// <param name="Depth">How many tasks are queued.</param>
/// <param name="Running">How many tasks nodes hold.</param>
/// <param name="OldestQueuedAt">Since when the longest waiting task is queued.</param>
internal sealed record QueueFact(string Name, bool Paused, long Depth, long Running, long? OldestQueuedAt)
{
    /// <summary>How many tasks may start a second; null for no limit.</summary>
    public double? RatePerSecond { get; init; }

    /// <summary>Whether a task has started in the last minute.</summary>
    public bool Starts { get; init; }

    /// <summary>How many tasks have failed in the last five minutes.</summary>
    public long Failed { get; init; }

    /// <summary>How many tasks have ended in the last five minutes.</summary>
    public long Ended { get; init; }

    /// <summary>
    /// How many fail in five minutes, on the mean of the last day; null when less than an hour of it is known.
    /// </summary>
    public double? UsualFailed { get; init; }

    /// <summary>When the failures began; null when that is not known.</summary>
    public long? FailingSince { get; init; }

    /// <summary>
    /// How many of its oldest queued tasks no node can run, the oldest one's id, and why; null for none.
    /// </summary>
    public (long Count, string Task, long Since, string Why)? Unfit { get; init; }
}

/// <summary>A running job.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">Its name.</param>
/// <param name="Open">Chunks that are queued or running.</param>
/// <param name="MovedAt">When its counts were seen to change last.</param>
internal sealed record JobFact(string Id, string Name, long Open, long MovedAt);

/// <summary>Missed occurrences of a schedule.</summary>
/// <param name="Schedule">The schedule's id.</param>
/// <param name="Count">How often times were reported as missed; neighbouring times may be one report.</param>
/// <param name="At">When the first of them was noted.</param>
internal sealed record MissedFact(string Schedule, long Count, long At);

/// <summary>A webhook whose tries fail.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Url">Where it leads.</param>
/// <param name="Since">Since when.</param>
/// <param name="Open">Deliveries that will be tried again.</param>
internal sealed record WebhookFact(string Id, string Url, long Since, long Open);
