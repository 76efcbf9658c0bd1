using OrleansTasks.Tasks;

namespace OrleansTasks.Storage;

/// <summary>
/// The data job of a workflow's node that has begun. <c>Node</c> numbers the node's own task. <c>Job</c> belongs to the
/// present run: null from a retry until the node begins again.
/// </summary>
public sealed record NodeJobRow(long Node, TaskId? Job)
{
    /// <summary>When it was cancelled, Unix milliseconds; a retry resets it to 0.</summary>
    public long StoppedAt { get; init; }

    /// <summary>Size of the job's aggregate, in bytes; 0 unless it succeeded.</summary>
    public long AggregateBytes { get; init; }
}
