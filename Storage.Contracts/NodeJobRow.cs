using OrleansTasks.Tasks;

namespace OrleansTasks.Storage;

/// <summary>
/// The data job of a workflow node that has started. <c>Node</c> is the number of the node's own task. <c>Job</c> is
/// the job of the current run: null from a retry until the node starts again.
/// </summary>
public sealed record NodeJobRow(long Node, TaskId? Job)
{
    /// <summary>When the node was cancelled, in Unix milliseconds; 0 if it was not. A retry resets it to 0.</summary>
    public long StoppedAt { get; init; }

    /// <summary>The size of the job's aggregate, in bytes; 0 unless the job succeeded.</summary>
    public long AggregateBytes { get; init; }
}
