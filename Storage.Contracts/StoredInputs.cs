using OrleansTasks.Tasks;

namespace OrleansTasks.Storage;

/// <summary>Results of the nodes in a node's <c>after</c>, in that order; default if beyond the read's bound.</summary>
public sealed record StoredInputs(TaskId Task, int Run, ImmutableArray<NodeResult> After);

/// <summary>The result of a node's task, JSON in UTF-8; empty if none.</summary>
public readonly record struct NodeResult(string Node, ReadOnlyMemory<byte> Value);
