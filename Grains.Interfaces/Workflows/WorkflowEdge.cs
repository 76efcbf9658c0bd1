using OrleansTasks.Tasks;

namespace OrleansTasks.Workflows;

/// <summary>
/// That a node waits for another one; which of them <paramref name="Node"/> is, is said where the edge stands.
/// </summary>
/// <param name="Node">The number of one of the two.</param>
/// <param name="On">How the one that is waited for must end.</param>
public readonly record struct WorkflowEdge(int Node, EndCondition On);
