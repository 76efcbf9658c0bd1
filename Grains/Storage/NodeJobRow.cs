using OrleansTasks.Tasks;

namespace OrleansTasks.Storage;

/// <summary>
/// What is stored of the data job of a workflow's node, once the node has begun. Times are Unix milliseconds; 0 means not
/// set.
/// </summary>
/// <param name="Node">The number of the node's own task.</param>
/// <param name="Job">
/// The job of the workflow's present run; null after a retry, until the node begins again.
/// </param>
public sealed record NodeJobRow(long Node, TaskId? Job)
{
    /// <summary>When somebody, or the workflow, cancelled the node; 0 again after a retry.</summary>
    public long StoppedAt { get; init; }

    /// <summary>The size of the aggregate that the job has left, in bytes; 0 unless it has succeeded.</summary>
    public long AggregateBytes { get; init; }
}
