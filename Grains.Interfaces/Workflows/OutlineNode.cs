using OrleansTasks.Tasks;

namespace OrleansTasks.Workflows;

/// <summary>A node of a <see cref="WorkflowOutline"/>.</summary>
/// <param name="Name">The node's name, unique in the workflow.</param>
/// <param name="MayFail">Whether the workflow can succeed although the node fails.</param>
/// <param name="After">The nodes that this node waits for.</param>
public sealed record OutlineNode(string Name, bool MayFail, ImmutableArray<WorkflowEdge> After)
{
    /// <summary>The <c>forEach</c> that makes the node one task per item; null for a single task or a job.</summary>
    public ForEach? ForEach { get; init; }

    /// <summary>Whether the node runs a data job.</summary>
    public bool IsJob { get; init; }

    /// <summary>
    /// Whether the node cleans up: it waits for another node to fail or to end. The first cancel and <c>onFailure</c>
    /// do not cancel it.
    /// </summary>
    public bool CleansUp => After.Any(static edge => edge.On != EndCondition.Succeeded);
}
