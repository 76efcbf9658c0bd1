using OrleansTasks.Tasks;

namespace OrleansTasks.Storage;

/// <summary>
/// The results of the nodes in a task's <c>after</c>, in that order; default if they exceed the read's bound.
/// </summary>
public sealed record StoredInputs(TaskId Task, int Run, ImmutableArray<NodeResult> After);

/// <summary>The result of a node's task, as JSON in UTF-8; empty if there is none.</summary>
public readonly record struct NodeResult(string Node, ReadOnlyMemory<byte> Value);
