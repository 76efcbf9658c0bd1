using OrleansTasks.Tasks;

namespace OrleansTasks.Workflows;

/// <summary>How the task of an item stands.</summary>
/// <param name="Task">The task.</param>
/// <param name="State">Its final state; queued while it is open.</param>
/// <param name="Reason">Why it ended.</param>
internal readonly record struct ItemStanding(TaskId Task, TaskState State, EndReason Reason)
{
    /// <summary>Whether the task has not ended.</summary>
    public bool IsOpen => !State.IsFinal();

    /// <summary>The standing that follows from a task's state.</summary>
    public static ItemStanding Of(TaskId task, TaskState state, EndReason reason) =>
        new(task, state.IsFinal() ? state : TaskState.Queued, state.IsFinal() ? reason : EndReason.None);
}
