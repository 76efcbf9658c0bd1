using OrleansTasks.Queues;
using OrleansTasks.Tasks;

namespace OrleansTasks.Workflows;

/// <summary>
/// What a caller asks for: a validated WorkflowSpec with the contract's defaults in place of what was left out.
/// </summary>
public sealed record WorkflowSpec
{
    /// <summary>The most nodes.</summary>
    public const int MostNodes = 10_000;

    /// <summary>The most items of <c>after</c> of all nodes together.</summary>
    public const int MostEdges = 100_000;

    /// <summary>For people; by default the first node's name.</summary>
    public string Name { get; internal set; } = "";

    /// <summary>The queue of all nodes.</summary>
    public string Queue { get; internal set; } = PartitionKey.DefaultQueue;

    /// <summary>The workflow's own labels; sorted by key.</summary>
    public ImmutableArray<Label> Labels { get; internal set; } = [];

    /// <summary>What it does when a node fails.</summary>
    public FailureRule OnFailure { get; internal set; }

    /// <summary>The nodes, in the order given.</summary>
    public ImmutableArray<WorkflowNode> Nodes { get; internal set; } = [];

    /// <summary>Which nodes wait for which, by their indexes in <see cref="Nodes"/>.</summary>
    public WorkflowGraph Graph { get; internal set; } = new([]);
}
