using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Jobs;

/// <summary>
/// Bounds the results that a job collects. The store adds them up when more of the job is done, at most once a second, and only
/// after 50 times the duration of the last look. So a job may collect somewhat more than the bound before it fails. Times are
/// steady milliseconds.
/// </summary>
internal sealed class CollectQuota(IJobStore store, TaskId id, long most, SteadyClock steady)
{
    private const long Period = 1_000;
    private const int Share = 50;
    private long looked;
    private long nextLook;

    /// <summary>Returns what is wrong when the job has collected more than is kept; else null.</summary>
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
