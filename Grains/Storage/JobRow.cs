using OrleansTasks.Jobs;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage;

/// <summary>
/// A data job as the store returns it, without its chunks. The job's grain restores itself from the row, the dispatcher
/// of a queue learns from rows which of its jobs are open, and gateways show them. Spec and
/// progress can be large, so most reads leave them empty: see the methods of <see cref="IJobStore"/>. Times are Unix
/// milliseconds; 0 means not set.
/// </summary>
/// <param name="No">The job's number in its queue.</param>
/// <param name="Id">The job's id.</param>
/// <param name="Queue">The queue whose dispatcher writes the job and runs its chunks.</param>
/// <param name="Name">The job's name, for people.</param>
/// <param name="Labels">Labels for finding the job, sorted by key.</param>
/// <param name="State">The job's state.</param>
/// <param name="StartedAt">When the job's first chunk was cut.</param>
/// <param name="EndedAt">When the job ended.</param>
/// <param name="CancelRequestedAt">When a cancel was requested.</param>
/// <param name="IsClosed">
/// Whether a stream or a source command, which deliver items over time, gives no more. Stays false for other sources.
/// </param>
/// <param name="Reason">Why the job failed, as a stable word; null when it has not failed.</param>
/// <param name="Spec">The job's spec: the JSON as submitted. Empty when the read leaves it out.</param>
/// <param name="Progress">
/// How far the source was cut, and the merged results of ended chunks, as of the last save, in the job grain's own
/// form. Large progress is stored in parts (<see cref="IJobStore.PutPart"/>); this is then only a reference to them.
/// Empty when none was stored, or when the read leaves it out.
/// </param>
public sealed record JobRow(
    long No,
    TaskId Id,
    string Queue,
    string Name,
    ImmutableArray<Label> Labels,
    JobState State,
    long StartedAt,
    long EndedAt,
    long CancelRequestedAt,
    bool IsClosed,
    string? Reason,
    ReadOnlyMemory<byte> Spec,
    ReadOnlyMemory<byte> Progress)
{
    /// <summary>
    /// The few facts of the spec that showing the job needs, in the job grain's own form, so that a list need not read
    /// the spec. Every read gives it.
    /// </summary>
    public ReadOnlyMemory<byte> Head { get; init; }
}
