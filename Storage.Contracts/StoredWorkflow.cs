namespace OrleansTasks.Storage;

/// <summary>
/// A workflow and its <see cref="Workflows.WorkflowOutline"/> in stored form, which lists leave empty.
/// </summary>
public sealed record StoredWorkflow(string Queue, WorkflowRow Row, ReadOnlyMemory<byte> Outline);
