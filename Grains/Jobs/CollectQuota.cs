using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Jobs;

/// <summary>
/// Bounds the results that a job collects. The store adds up their bytes when more chunks were folded, at most once a second, and only
/// after 50 times the duration of the last look. So a job may collect somewhat more than the bound before it fails, or end without being
/// noticed. Times are steady milliseconds.
/// </summary>
/// <param name="store">The stored jobs.</param>
/// <param name="id">The job's id.</param>
/// <param name="most">The most bytes of results that the job may collect.</param>
/// <param name="steady">The clock.</param>
internal sealed class CollectQuota(IJobStore store, TaskId id, long most, SteadyClock steady)
{
    private const long Period = 1_000;
    private const int Share = 50;

    /// <summary>The number of folded chunks at the last look.</summary>
    private long looked;
    private long nextLook;

    /// <summary>
    /// Returns what is wrong, as text for people, when the job has collected more than is kept; else null, also when it does not look.
    /// The runner calls it in every round before it can end the job, and fails the job when the answer is not null.
    /// </summary>
    public async Task<string?> Fault(JobCore job)
    {
        if (!job.Spec.Plan.Collects || job.Folded.Count == looked || steady.Now < nextLook)
            return null;
        looked = job.Folded.Count;
        var began = steady.Now;
        var bytes = await store.CollectedBytes(id);
        nextLook = steady.Now + Math.Max(Period, Share * (steady.Now - began));
        return bytes <= most ? null : $"The job has collected {bytes} bytes of results; at most {most} are kept.";
    }
}
