using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Jobs;

/// <summary>
/// Finds out whether a job has collected more bytes of results than the service keeps. A job that collects stores the
/// results of each ended chunk for callers to read. <see cref="JobRunner"/> asks in every round that could cut chunks
/// or end the job, and fails the job when the bound is exceeded. The collected results can still be read then.
/// </summary>
/// <remarks>
/// The bound is approximate. The store has to add up the results, so the quota asks the store only after further
/// chunks were folded, at most once a second, and not before 50 times the duration of the previous query has passed.
/// Until then a job can exceed the bound, and a job that ends before the next query succeeds.
/// Nothing is stored: a new activation asks the store once its job has folded chunks.
/// Times are milliseconds of <see cref="SteadyClock.Now"/>, which goes on evenly when the wall clock is set.
/// </remarks>
/// <param name="store">The stored jobs.</param>
/// <param name="id">The job's id.</param>
/// <param name="most">The most bytes of results that the job may collect, from <see cref="JobOptions"/>.</param>
/// <param name="steady">The clock.</param>
internal sealed class CollectQuota(IJobStore store, TaskId id, long most, SteadyClock steady)
{
    /// <summary>The least time between two queries, in milliseconds.</summary>
    private const long LeastPause = 1_000;

    /// <summary>
    /// How many times the duration of a query passes before the next one: the queries take at most 2% of the time.
    /// </summary>
    private const int PauseFactor = 50;

    /// <summary>The number of folded chunks at the last query.</summary>
    private long foldedAtQuery;

    /// <summary>The earliest time of the next query.</summary>
    private long nextQuery;

    /// <summary>
    /// Returns a message for people when the job has collected more than is kept. Returns null when the job has not,
    /// does not collect results, or the next query is not due. Throws what the store throws; the activation then ends.
    /// </summary>
    public async Task<string?> Fault(JobCore job)
    {
        if (!job.Spec.Plan.Collects || job.Folded.Count == foldedAtQuery || steady.Now < nextQuery)
            return null;
        foldedAtQuery = job.Folded.Count;
        var began = steady.Now;
        var bytes = await store.CollectedBytes(id);
        nextQuery = steady.Now + Math.Max(LeastPause, PauseFactor * (steady.Now - began));
        return bytes <= most ? null : $"The job has collected {bytes} bytes of results; at most {most} are kept.";
    }
}
