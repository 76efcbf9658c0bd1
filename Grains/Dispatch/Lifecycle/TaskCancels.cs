using OrleansTasks.Tasks;
using OrleansTasks.Workflows;

namespace OrleansTasks.Dispatch.Lifecycle;

/// <summary>Cancels any open task of a queue, whatever it runs.</summary>
internal sealed class TaskCancels(OpenTasks tasks, ItemNodes items, NodeJobs nodeJobs, Attempts attempts)
{
    /// <summary>
    /// Cancels an open task at once if no node holds it; otherwise asks the node to end it. The own task of a workflow
    /// node ends with its items' tasks or its job. Returns <see cref="ControlOutcome.NotOpen"/> for an ended or unknown
    /// task, and for a chunk run, which its job controls.
    /// </summary>
    /// <param name="id">The task.</param>
    /// <param name="now">The time in Unix milliseconds.</param>
    /// <param name="draft">Receives the changes.</param>
    /// <param name="reason">The end reason: cancelled or replaced.</param>
    public ControlOutcome Cancel(TaskId id, long now, CommitDraft draft, EndReason reason = EndReason.Cancelled)
    {
        if (!tasks.TryFind(id, out var slot) || tasks[slot].Chunk is not null)
            return ControlOutcome.NotOpen;
        var stopped = tasks[slot].IsForEach ? items.Stop(id, now, draft)
            : tasks[slot].IsJob ? nodeJobs.Stop(id, now, draft)
            : null;
        return stopped ?? attempts.Cancel(slot, now, draft, reason);
    }
}
