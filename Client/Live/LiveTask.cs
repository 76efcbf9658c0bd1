using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Live;

/// <summary>A task as a tick shows it.</summary>
/// <param name="Id">The task.</param>
/// <param name="Version">Its version.</param>
/// <param name="State">Its state.</param>
/// <param name="Attempt">Its latest attempt.</param>
/// <param name="Node">The node of that attempt.</param>
/// <param name="Reason">Why that attempt ended.</param>
/// <param name="Number">Orders the changes of one tick.</param>
internal readonly record struct LiveTask(
    TaskId Id, long Version, TaskState State, int Attempt, string? Node, EndReason Reason, long Number);
