
namespace OrleansTasks.Dispatch;

/// <summary>A module that acts when a task, job or workflow of the queue ends.</summary>
internal interface IEndListener
{
    /// <summary>
    /// Handles the end of a task, job or workflow, as part of the same commit. May end other work, whose end is
    /// published before this call returns.
    /// </summary>
    void Ended(in WorkEnd end, long now, CommitDraft draft);
}
