using OrleansTasks.Tasks;

namespace OrleansTasks.Jobs;

/// <summary>
/// Maps a job's id to the id of the task that runs its source command, and back. Until the job is final, it owns the task and
/// the task's output: retention keeps both. The mapping is relied on by stored jobs, so it must not change.
/// </summary>
public static class SourceTaskId
{
    /// <summary>Half of the 42 random bits of an id. Time, counters and partition stay, so job and task have the same dispatcher.</summary>
    private const ulong Mask = 0x2AA_AAAA_AAAA;

    /// <summary>Returns the id of a job's source task: the job's id with other random bits.</summary>
    public static TaskId Of(TaskId job) => new(job.High, job.Low ^ Mask);

    /// <summary>
    /// Returns the id of the job whose source task would have this id. Every id gives one: the caller looks whether there is such a job.
    /// </summary>
    public static TaskId JobOf(TaskId task) => Of(task);
}
