using OrleansTasks.Tasks;

namespace OrleansTasks.Jobs;

/// <summary>
/// Maps a job's id to the id of the task that runs its source command, and back. Until the job is final, it owns the task and
/// the task's output: retention keeps both.
/// </summary>
public static class SourceTaskId
{
    private const ulong Mask = 0x2AA_AAAA_AAAA;

    /// <summary>Returns the id of a job's source task: the job's id with other random bits.</summary>
    public static TaskId Of(TaskId job) => new(job.High, job.Low ^ Mask);

    /// <summary>Returns the id of the job whose source task would have this id.</summary>
    public static TaskId JobOf(TaskId task) => Of(task);
}
