using OrleansTasks.Tasks;

namespace OrleansTasks.Rollouts;

/// <summary>What <see cref="RolloutCore"/> asks of its queue and does to it.</summary>
internal interface IRolloutQueue
{
    /// <summary>Returns whether a node takes work now.</summary>
    bool Accepts(string node);

    /// <summary>Returns whether an open task is at no node.</summary>
    bool IsWaiting(TaskId task);

    /// <summary>Returns whether an open task is at no node, and its command has never run.</summary>
    bool IsUnstarted(TaskId task);

    /// <summary>Submits a task that only this node may run, and returns its id.</summary>
    TaskId Start(string node);

    /// <summary>
    /// Cancels a task; one that is at no node ends at once. Returns whether its command has never run and never will.
    /// </summary>
    bool Cancel(TaskId task);
}
