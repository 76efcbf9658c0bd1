using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Jobs;

/// <summary>
/// Detects that a job has collected more bytes of results than <see cref="JobOptions"/> allows. <see cref="JobRunner"/>
/// then fails the job; its results remain readable.
/// </summary>
/// <remarks>
/// The bound is approximate. The store must add up the results, so the quota asks only after further folds, at most
/// once a second, and after a pause of 50 times the last query's duration. A job may exceed the bound until the next
/// query, and succeeds if it ends before. Times are milliseconds of <see cref="SteadyClock.Now"/>.
/// </remarks>
internal sealed class CollectQuota(IJobStore store, TaskId id, long most, SteadyClock steady)
{
    private const long LeastPause = 1_000;

    /// <summary>The pause as a multiple of the last query's duration: queries take at most 2 % of the time.</summary>
    private const int PauseFactor = 50;

    private long foldedAtQuery;

    private long nextQuery;

    /// <summary>
    /// Returns a human-readable message if the quota is exceeded, otherwise null. Throws if the store does.
    /// </summary>
    public async Task<string?> Fault(JobCore job)
    {
        if (!job.Spec.Plan.Collects || job.Folded.Count == foldedAtQuery || steady.Now < nextQuery)
            return null;
        foldedAtQuery = job.Folded.Count;
        var began = steady.Now;
        var bytes = await store.CollectedBytes(id);
        nextQuery = steady.Now + Math.Max(LeastPause, PauseFactor * (steady.Now - began));
        return bytes <= most ? null : $"The job collected {bytes} bytes of results; the maximum is {most}.";
    }
}
