using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Live;

/// <summary>A task as a tick shows it.</summary>
/// <param name="Id">The task's id.</param>
/// <param name="Version">Its version.</param>
/// <param name="State">Its state.</param>
/// <param name="Attempt">The number of its latest attempt.</param>
/// <param name="Node">The node of that attempt; null if it is not known.</param>
/// <param name="Reason">Why that attempt ended.</param>
/// <param name="Number">The position of the task's last change within the tick.</param>
internal readonly record struct LiveTask(
    TaskId Id, long Version, TaskState State, int Attempt, string? Node, EndReason Reason, long Number);
