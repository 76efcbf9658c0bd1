using OrleansTasks.Tasks;

namespace OrleansTasks.Jobs;

/// <summary>
/// Reads jobs for gateways; stateless. Key: <c>reader</c>. Methods return null for an unknown job id.
/// </summary>
[Alias("ot.IJobReaderGrain")]
public interface IJobReaderGrain : IGrainWithStringKey
{
    /// <summary>Returns the job: its live state while it is open, otherwise its stored one.</summary>
    [Alias("Get")]
    Task<JobView?> Get(TaskId id);

    /// <summary>
    /// Returns details of the job's progress, live while it is open; without parts if the job is unreadable.
    /// </summary>
    [Alias("Inspect")]
    Task<JobInsight?> Inspect(TaskId id, JobLook look);

    /// <summary>Returns the submitted spec, a JSON document.</summary>
    [Alias("Spec")]
    Task<ReadOnlyMemory<byte>?> Spec(TaskId id);

    /// <summary>
    /// Returns about <paramref name="bytes"/> (at most 1 MiB) of collected results: chunks in order of number, starting
    /// after the number <paramref name="after"/>; at least one chunk if any is left. Returns null if the job collects
    /// nothing.
    /// </summary>
    [Alias("Results")]
    Task<ImmutableArray<CollectedChunk>?> Results(TaskId id, long after, int bytes);

    /// <summary>
    /// Returns jobs without their failures, newest first; only those older than <paramref name="before"/> if given. A
    /// page ends at the limit or at about 4 MiB, so only an empty page marks the end.
    /// </summary>
    [Alias("List")]
    Task<ImmutableArray<JobView>> List(
        JobFilter filter, TaskId? before, int limit, CancellationToken cancellation = default);
}
