using OrleansTasks.Jobs;
using OrleansTasks.Tasks;

namespace OrleansTasks.Dispatch;

/// <summary>The end of a task, a job or a workflow, as <see cref="DispatchModules"/> publishes it.</summary>
/// <param name="Id">What has ended.</param>
/// <param name="State">Its final state, in the words of tasks.</param>
/// <param name="Reason">Why a task ended.</param>
/// <param name="TaskNo">The number of a task in its queue; 0 for a job or a workflow.</param>
/// <param name="Job">The row of a job; null for a task or a workflow.</param>
internal readonly record struct WorkEnd(
    TaskId Id, TaskState State, EndReason Reason = EndReason.None, long TaskNo = 0, JobWrite? Job = null);
