using OrleansTasks.Tasks;

namespace OrleansTasks.Storage;

/// <summary>A task that a program submitted in a transaction of its own, and that is not accepted yet.</summary>
/// <param name="Id">The id that the task will have.</param>
/// <param name="Task">The task as submitted: JSON in UTF-8.</param>
public sealed record SubmissionRow(TaskId Id, byte[] Task);
