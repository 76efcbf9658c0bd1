using OrleansTasks.Tasks;

namespace OrleansTasks.Jobs;

/// <summary>
/// Maps a job's id to its source task's id and back. The mapping must never change, or stored jobs would lose their
/// source tasks. Retention in the stores also relies on it to keep the task and its output until the job is final.
/// </summary>
public static class SourceTaskId
{
    /// <summary>
    /// Every second one of the 48 random bits at the low end of <see cref="TaskId.Low"/>; the other bits stay.
    /// </summary>
    private const ulong Mask = 0xAAAA_AAAA_AAAA;

    /// <summary>Returns the id of a job's source task.</summary>
    public static TaskId Of(TaskId job) => new(job.High, job.Low ^ Mask);

    /// <summary>Returns the job whose source task would have this id; such a job need not exist.</summary>
    public static TaskId JobOf(TaskId task) => Of(task); // XOR with the mask is its own inverse.
}
