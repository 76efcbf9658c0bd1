
namespace OrleansTasks.Dispatch;

/// <summary>A module that acts when a task, job or workflow of the queue ends.</summary>
internal interface IEndListener
{
    /// <summary>
    /// Called inside the change that ends the work, for the same commit. May end other work, which is published before
    /// this call returns.
    /// </summary>
    void Ended(in WorkEnd end, long now, CommitDraft draft);
}
