using OrleansTasks.Tasks;

namespace OrleansTasks.Workflows;

/// <summary>
/// A dependency between two nodes. It is stored with one node and names the other: the parent in a node's <c>after</c>,
/// the child among its waiters.
/// </summary>
/// <param name="Other">The index of the other node.</param>
/// <param name="On">How the parent must end.</param>
public readonly record struct WorkflowEdge(int Other, EndCondition On);
