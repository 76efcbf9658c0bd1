using OrleansTasks.Tasks;

namespace OrleansTasks.Jobs;

/// <summary>Reads jobs from the store for the gateways; stateless. Key: <c>reader</c>.</summary>
[Alias("ot.IJobReaderGrain")]
public interface IJobReaderGrain : IGrainWithStringKey
{
    /// <summary>The job as it stands, live while it is open; null when there is no such job.</summary>
    [Alias("Get")]
    Task<JobView?> Get(TaskId id);

    /// <summary>
    /// How the job goes, live while it is open; null when there is no such job. Of a job that cannot be read all parts are empty.
    /// </summary>
    [Alias("Inspect")]
    Task<JobInsight?> Inspect(TaskId id, JobLook look);

    /// <summary>What the job was submitted as, a JSON document; null when there is no such job.</summary>
    [Alias("Spec")]
    Task<ReadOnlyMemory<byte>?> Spec(TaskId id);

    /// <summary>
    /// Collected results of chunks after a number, by number: about <paramref name="bytes"/> (1 MiB at most), at least one chunk if
    /// there is one; null when there is no such job, or when it collects nothing.
    /// </summary>
    [Alias("Results")]
    Task<ImmutableArray<CollectedChunk>?> Results(TaskId id, long after, int bytes);

    /// <summary>
    /// At most <paramref name="limit"/> jobs, newest first, older than <paramref name="before"/> if given, without their failures. It ends
    /// earlier when it has about 4 MiB, so only an empty answer means that there are no more.
    /// </summary>
    [Alias("List")]
    Task<ImmutableArray<JobView>> List(
        JobFilter filter, TaskId? before, int limit, CancellationToken cancellation = default);
}
