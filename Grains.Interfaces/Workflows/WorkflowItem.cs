using OrleansTasks.Tasks;

namespace OrleansTasks.Workflows;

/// <summary>The item of a node with <c>forEach</c> for which a task runs.</summary>
/// <param name="Node">The id of the node's own task.</param>
/// <param name="Index">The item's index in the list, from 0.</param>
[GenerateSerializer, Immutable, Alias("ot.WorkflowItem")]
public readonly record struct WorkflowItem([property: Id(0)] TaskId Node, [property: Id(1)] int Index);
