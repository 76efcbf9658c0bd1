using System.Text.Json;

namespace OrleansTasks.ApiClient;

/// <summary>A data job.</summary>
public sealed record JobDetails
{
    /// <summary>The job's id.</summary>
    public required string Id { get; init; }

    /// <summary>The job's name.</summary>
    public required string Name { get; init; }

    /// <summary>The queue.</summary>
    public required string Queue { get; init; }

    /// <summary>The state.</summary>
    public TaskState State { get; init; }

    /// <summary>When the service accepted the job.</summary>
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>When the first chunk started.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>When the job ended.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>When a cancel was requested.</summary>
    public DateTimeOffset? CancelRequestedAt { get; init; }

    /// <summary>The number of items that were read.</summary>
    public long ItemsRead { get; init; }

    /// <summary>The number of items that the aggregates cover, each once.</summary>
    public long ItemsDone { get; init; }

    /// <summary>The number of items that failed.</summary>
    public long ItemsFailed { get; init; }

    /// <summary>The number of items that were skipped.</summary>
    public long ItemsSkipped { get; init; }

    /// <summary>The number of chunks that wait.</summary>
    public long ChunksQueued { get; init; }

    /// <summary>The number of chunks that run.</summary>
    public long ChunksRunning { get; init; }

    /// <summary>The number of chunks that have ended.</summary>
    public long ChunksDone { get; init; }

    /// <summary>How much of the source is done, 0 to 100; null if its size is unknown.</summary>
    public double? Percent { get; init; }

    /// <summary>The present rate.</summary>
    public double ItemsPerSecond { get; init; }

    /// <summary>The seconds until the job will probably end; null if that is unknown.</summary>
    public double? EtaSeconds { get; init; }

    /// <summary>
    /// The aggregates by name. They cover exactly <see cref="ItemsDone"/> items, also while the job runs. Integers are
    /// exact and may exceed 64 bits.
    /// </summary>
    public IReadOnlyDictionary<string, JsonElement> Aggregate { get; init; } = new Dictionary<string, JsonElement>();

    /// <summary>The names of aggregates that are estimates.</summary>
    public IReadOnlyList<string> Approximate { get; init; } = [];

    /// <summary>Whether all of the source was processed.</summary>
    public bool Complete { get; init; }

    /// <summary>Why the job failed; null unless it did.</summary>
    public string? Reason { get; init; }

    /// <summary>The job's labels.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>The workflow that the job is a node of; null without one.</summary>
    public WorkflowPlace? Workflow { get; init; }

    /// <summary>Whether the state is final.</summary>
    public bool HasEnded => State is TaskState.Succeeded or TaskState.Failed or TaskState.Cancelled;
}

/// <summary>An item or a chunk of a job that failed.</summary>
public sealed record JobFailure
{
    /// <summary>The number of the chunk.</summary>
    public long Chunk { get; init; }

    /// <summary>The item's place in the source; null for a whole chunk.</summary>
    public long? Item { get; init; }

    /// <summary>The reason, a stable word.</summary>
    public string Reason { get; init; } = "";

    /// <summary>The reason for people.</summary>
    public string Message { get; init; } = "";

    /// <summary>The beginning of the item; null for a whole chunk.</summary>
    public string? Value { get; init; }

    /// <summary>The attempt.</summary>
    public int Attempt { get; init; }

    /// <summary>The node.</summary>
    public string? Node { get; init; }

    /// <summary>When it failed.</summary>
    public DateTimeOffset At { get; init; }
}

/// <summary>The items of an upload that are on disk.</summary>
internal sealed record ItemsAccepted(long Accepted);

/// <summary>
/// Filters of a list of jobs or workflows. One matches if it matches every property that is not null.
/// </summary>
public sealed record RunFilter
{
    /// <summary>The state.</summary>
    public TaskState? State { get; init; }

    /// <summary>The queue.</summary>
    public string? Queue { get; init; }

    /// <summary>The whole name.</summary>
    public string? Name { get; init; }

    /// <summary>Only jobs that have all of these labels.</summary>
    public IReadOnlyDictionary<string, string>? Labels { get; init; }

    /// <summary>The time after which it was created.</summary>
    public DateTimeOffset? CreatedAfter { get; init; }

    /// <summary>The time before which it was created.</summary>
    public DateTimeOffset? CreatedBefore { get; init; }
}
