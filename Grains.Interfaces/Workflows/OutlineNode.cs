using OrleansTasks.Tasks;

namespace OrleansTasks.Workflows;

/// <summary>A node of a <see cref="WorkflowOutline"/>.</summary>
/// <param name="Name">Unique in the workflow.</param>
/// <param name="MayFail">Whether its failure leaves the workflow as it is.</param>
/// <param name="After">What it waits for, by index.</param>
public sealed record OutlineNode(string Name, bool MayFail, ImmutableArray<WorkflowEdge> After)
{
    /// <summary>Makes the node one task for each item of a list; null for a single task.</summary>
    public ForEach? ForEach { get; init; }

    /// <summary>Whether the node runs a data job.</summary>
    public bool IsJob { get; init; }

    /// <summary>
    /// Whether the node is to clean up: it waits for another node to fail or to end. The first cancel and
    /// <c>onFailure</c> spare it.
    /// </summary>
    public bool CleansUp => After.Any(static edge => edge.On != EndCondition.Succeeded);
}
