using OrleansTasks.Tasks;

namespace OrleansTasks.Workflows;

/// <summary>Which item of a node with <c>forEach</c> a task runs for.</summary>
/// <param name="Node">The node's own task.</param>
/// <param name="Index">The item's index in the list, from 0.</param>
[GenerateSerializer, Immutable, Alias("ot.WorkflowItem")]
public readonly record struct WorkflowItem([property: Id(0)] TaskId Node, [property: Id(1)] int Index);
