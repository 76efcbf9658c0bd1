using OrleansTasks.Tasks;

namespace OrleansTasks.Workflows;

/// <summary>The task of an item. The state is queued while the task is open, and final afterwards.</summary>
internal readonly record struct ItemStanding(TaskId Task, TaskState State, EndReason Reason)
{
    /// <summary>Whether the task has not ended.</summary>
    public bool IsOpen => !State.IsFinal();

    /// <summary>Returns the standing that follows from a task's state.</summary>
    public static ItemStanding Of(TaskId task, TaskState state, EndReason reason) =>
        new(task, state.IsFinal() ? state : TaskState.Queued, state.IsFinal() ? reason : EndReason.None);
}
