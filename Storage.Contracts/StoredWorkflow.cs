namespace OrleansTasks.Storage;

/// <summary>A workflow; the outline is a stored <see cref="Workflows.WorkflowOutline"/>, empty in lists.</summary>
public sealed record StoredWorkflow(string Queue, WorkflowRow Row, ReadOnlyMemory<byte> Outline);
