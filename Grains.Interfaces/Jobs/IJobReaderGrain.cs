using OrleansTasks.Tasks;

namespace OrleansTasks.Jobs;

/// <summary>Reads jobs for gateways; stateless. Key: <c>reader</c>. Answers about unknown jobs are null.</summary>
[Alias("ot.IJobReaderGrain")]
public interface IJobReaderGrain : IGrainWithStringKey
{
    /// <summary>Returns the job, live while it is open.</summary>
    [Alias("Get")]
    Task<JobView?> Get(TaskId id);

    /// <summary>Returns insight into the job, live while it is open; without parts if it is unreadable.</summary>
    [Alias("Inspect")]
    Task<JobInsight?> Inspect(TaskId id, JobLook look);

    /// <summary>Returns the submitted spec, a JSON document.</summary>
    [Alias("Spec")]
    Task<ReadOnlyMemory<byte>?> Spec(TaskId id);

    /// <summary>
    /// Returns about <paramref name="bytes"/> (at most 1 MiB) of collected results, by chunk number, after a number; at
    /// least one chunk if there is one. Null if the job collects nothing.
    /// </summary>
    [Alias("Results")]
    Task<ImmutableArray<CollectedChunk>?> Results(TaskId id, long after, int bytes);

    /// <summary>
    /// Lists jobs without their failures, newest first, older than <paramref name="before"/> if given. A page ends at
    /// the limit or at about 4 MiB, so only an empty page is the last.
    /// </summary>
    [Alias("List")]
    Task<ImmutableArray<JobView>> List(
        JobFilter filter, TaskId? before, int limit, CancellationToken cancellation = default);
}
