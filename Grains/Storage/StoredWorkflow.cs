namespace OrleansTasks.Storage;

/// <summary>A workflow with its outline.</summary>
/// <param name="Queue">The queue whose owner runs it.</param>
/// <param name="Row">What the store has of it besides.</param>
/// <param name="Outline">The stored form of a <see cref="Workflows.WorkflowOutline"/>; empty in lists.</param>
public sealed record StoredWorkflow(string Queue, WorkflowRow Row, ReadOnlyMemory<byte> Outline);
