using OrleansTasks.Jobs;
using OrleansTasks.Tasks;

namespace OrleansTasks.Dispatch;

/// <summary>
/// The end of a task, job or workflow, as <see cref="DispatchModules"/> publishes it. <c>Reason</c> and <c>TaskNo</c>
/// are set only for a task, <c>Job</c> only for a job.
/// </summary>
internal readonly record struct WorkEnd(
    TaskId Id, TaskState State, EndReason Reason = EndReason.None, long TaskNo = 0, JobWrite? Job = null);
