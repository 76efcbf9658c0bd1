using OrleansTasks.Tasks;

namespace OrleansTasks.Jobs;

/// <summary>
/// Maps the id of a job to the id of its source task, and back. A source task runs the command whose output lines are
/// the job's items. <see cref="SourceTask"/>, <see cref="JobOwner"/> and <see cref="SourceFeed"/> submit, cancel and
/// read the task by this id. The id is derived instead of stored, so a job that submits its source task again after a
/// failure gets the same task. The mapping must never change, or stored jobs would lose their source tasks.
/// </summary>
/// <remarks>
/// The stores use the mapping, too: their retention deletes neither the task nor its output before the job is final.
/// </remarks>
public static class SourceTaskId
{
    /// <summary>
    /// Every second one of the 48 random bits of an id, the low bits of <see cref="TaskId.Low"/>. The time and the
    /// counters do not change. The task is submitted to the job's queue, so the job's dispatcher owns the task, too.
    /// </summary>
    private const ulong Mask = 0xAAAA_AAAA_AAAA;

    /// <summary>Returns the id of a job's source task: the job's id with other random bits.</summary>
    public static TaskId Of(TaskId job) => new(job.High, job.Low ^ Mask);

    /// <summary>
    /// Returns the id of the job whose source task would have this id. Every id gives a result; when no such job
    /// exists, the task is not a source task.
    /// </summary>
    public static TaskId JobOf(TaskId task) => Of(task); // XOR with the mask is its own inverse.
}
