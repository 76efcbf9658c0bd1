using OrleansTasks.Tasks;

namespace OrleansTasks.Jobs;

/// <summary>A job at one moment. Times are Unix milliseconds.</summary>
[GenerateSerializer, Immutable, Alias("ot.JobView")]
public sealed record JobView
{
    /// <summary>Its id.</summary>
    [Id(0)] public required TaskId Id { get; init; }

    /// <summary>Its name.</summary>
    [Id(1)] public required string Name { get; init; }

    /// <summary>Its state.</summary>
    [Id(2)] public required JobState State { get; init; }

    /// <summary>When its first chunk was given out.</summary>
    [Id(3)] public long? StartedAt { get; init; }

    /// <summary>When it ended.</summary>
    [Id(4)] public long? EndedAt { get; init; }

    /// <summary>When a cancel was asked for.</summary>
    [Id(5)] public long? CancelRequestedAt { get; init; }

    /// <summary>Why it failed.</summary>
    [Id(6)] public string? Reason { get; init; }

    /// <summary>Items read from the source.</summary>
    [Id(7)] public long ItemsRead { get; init; }

    /// <summary>Items that the aggregate covers.</summary>
    [Id(8)] public long ItemsDone { get; init; }

    /// <summary>Items of chunks that failed.</summary>
    [Id(9)] public long ItemsFailed { get; init; }

    /// <summary>Items with errors that were passed over.</summary>
    [Id(10)] public long ItemsSkipped { get; init; }

    /// <summary>Chunks that wait for a slot.</summary>
    [Id(11)] public long ChunksQueued { get; init; }

    /// <summary>Chunks in nodes' hands.</summary>
    [Id(12)] public long ChunksRunning { get; init; }

    /// <summary>Chunks that the aggregate covers.</summary>
    [Id(13)] public long ChunksDone { get; init; }

    /// <summary>How much is done, 0–100; null when nobody knows how much there is.</summary>
    [Id(14)] public double? Percent { get; init; }

    /// <summary>Items a second: lately while it runs, else over its whole life.</summary>
    [Id(15)] public double ItemsPerSecond { get; init; }

    /// <summary>Seconds that are left at this rate; null when nobody knows.</summary>
    [Id(16)] public double? EtaSeconds { get; init; }

    /// <summary>What each node did, by name.</summary>
    [Id(17)] public ImmutableArray<NodeShare> PerNode { get; init; } = [];

    /// <summary>The aggregates' outcomes as a JSON object.</summary>
    [Id(18)] public ReadOnlyMemory<byte> Aggregate { get; init; }

    /// <summary>The names of the aggregates that are estimates.</summary>
    [Id(19)] public ImmutableArray<string> Approximate { get; init; } = [];

    /// <summary>Its queue.</summary>
    [Id(20)] public required string Queue { get; init; }

    /// <summary>Its labels, by key.</summary>
    [Id(21)] public ImmutableArray<Label> Labels { get; init; } = [];

    /// <summary>The first failures, 10,000 at most.</summary>
    [Id(22)] public ImmutableArray<JobFailure> Failures { get; init; } = [];

    /// <summary>The workflow's node that it runs for; null outside a workflow.</summary>
    [Id(23)] public JobPlace? Workflow { get; init; }
}
