using OrleansTasks.Tasks;

namespace OrleansTasks.Jobs;

/// <summary>Reads jobs from the store for the gateways; stateless. Key: <c>reader</c>.</summary>
[Alias("ot.IJobReaderGrain")]
public interface IJobReaderGrain : IGrainWithStringKey
{
    /// <summary>The job as it stands, live while it is open; null when there is no such job.</summary>
    [Alias("Get")]
    Task<JobView?> Get(TaskId id);

    /// <summary>At most <paramref name="limit"/> jobs, newest first, older than <paramref name="before"/> if given.</summary>
    [Alias("List")]
    Task<ImmutableArray<JobView>> List(JobFilter filter, TaskId? before, int limit);
}
