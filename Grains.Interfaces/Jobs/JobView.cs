using OrleansTasks.Tasks;

namespace OrleansTasks.Jobs;

/// <summary>A job as of one moment. Times are in Unix milliseconds; null until reached.</summary>
[GenerateSerializer, Immutable, Alias("ot.JobView")]
public sealed record JobView
{
    /// <summary>The job's id.</summary>
    [Id(0)] public required TaskId Id { get; init; }

    /// <summary>The job's name.</summary>
    [Id(1)] public required string Name { get; init; }

    /// <summary>The job's state.</summary>
    [Id(2)] public required JobState State { get; init; }

    /// <summary>When the first chunk was assigned to a worker.</summary>
    [Id(3)] public long? StartedAt { get; init; }

    /// <summary>When the job ended.</summary>
    [Id(4)] public long? EndedAt { get; init; }

    /// <summary>When a cancel was requested.</summary>
    [Id(5)] public long? CancelRequestedAt { get; init; }

    /// <summary>Why the job failed, as a stable word; null unless it failed.</summary>
    [Id(6)] public string? Reason { get; init; }

    /// <summary>The number of items read from the source.</summary>
    [Id(7)] public long ItemsRead { get; init; }

    /// <summary>The number of items that the aggregate covers.</summary>
    [Id(8)] public long ItemsDone { get; init; }

    /// <summary>The number of items of failed chunks.</summary>
    [Id(9)] public long ItemsFailed { get; init; }

    /// <summary>The number of items skipped because of errors.</summary>
    [Id(10)] public long ItemsSkipped { get; init; }

    /// <summary>The number of chunks without a node.</summary>
    [Id(11)] public long ChunksQueued { get; init; }

    /// <summary>The number of chunks that nodes hold.</summary>
    [Id(12)] public long ChunksRunning { get; init; }

    /// <summary>The number of chunks that the aggregate covers.</summary>
    [Id(13)] public long ChunksDone { get; init; }

    /// <summary>The progress from 0 to 100; null if the total is unknown.</summary>
    [Id(14)] public double? Percent { get; init; }

    /// <summary>Items per second: the recent rate while the job runs, then the mean from start to end.</summary>
    [Id(15)] public double ItemsPerSecond { get; init; }

    /// <summary>The seconds left at this rate; null if unknown.</summary>
    [Id(16)] public double? EtaSeconds { get; init; }

    /// <summary>The work done by each node, sorted by node name.</summary>
    [Id(17)] public ImmutableArray<NodeShare> PerNode { get; init; } = [];

    /// <summary>The aggregates' values as a JSON object.</summary>
    [Id(18)] public ReadOnlyMemory<byte> Aggregate { get; init; }

    /// <summary>The names of the aggregates whose values are estimates.</summary>
    [Id(19)] public ImmutableArray<string> Approximate { get; init; } = [];

    /// <summary>The job's queue.</summary>
    [Id(20)] public required string Queue { get; init; }

    /// <summary>The job's labels, sorted by key.</summary>
    [Id(21)] public ImmutableArray<Label> Labels { get; init; } = [];

    /// <summary>The first failures, at most 10,000.</summary>
    [Id(22)] public ImmutableArray<JobFailure> Failures { get; init; } = [];

    /// <summary>The workflow and its node for which the job runs; null outside a workflow.</summary>
    [Id(23)] public JobPlace? Workflow { get; init; }
}
