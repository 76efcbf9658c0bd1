using OrleansTasks.Jobs;
using OrleansTasks.Tasks;

namespace OrleansTasks.Dispatch;

/// <summary>
/// The end of a task, job or workflow, as <see cref="DispatchModules"/> publishes it. <c>Reason</c> and <c>TaskNo</c>
/// are a task's, <c>Job</c> is a job's.
/// </summary>
internal readonly record struct WorkEnd(
    TaskId Id, TaskState State, EndReason Reason = EndReason.None, long TaskNo = 0, JobWrite? Job = null);
