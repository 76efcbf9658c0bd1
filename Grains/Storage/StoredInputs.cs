using OrleansTasks.Tasks;

namespace OrleansTasks.Storage;

/// <summary>What the command of a workflow's node can find of the nodes in its <c>after</c>.</summary>
/// <param name="Task">The node's task.</param>
/// <param name="Run">The run of the workflow.</param>
/// <param name="After">
/// The nodes in its <c>after</c>, in that order, with their results; the default when these are more than was asked
/// for.
/// </param>
public sealed record StoredInputs(TaskId Task, int Run, ImmutableArray<NodeResult> After);

/// <summary>The result of a node.</summary>
/// <param name="Node">The node's name.</param>
/// <param name="Value">Its task's result, JSON in UTF-8; empty when it has none.</param>
public readonly record struct NodeResult(string Node, ReadOnlyMemory<byte> Value);
