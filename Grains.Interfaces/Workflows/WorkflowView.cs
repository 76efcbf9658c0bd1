using OrleansTasks.Tasks;

namespace OrleansTasks.Workflows;

/// <summary>A workflow for readers. Times are Unix milliseconds.</summary>
/// <param name="Id">Its id; tells when it was created.</param>
/// <param name="Queue">The queue of its tasks.</param>
/// <param name="Name">For people.</param>
/// <param name="State">Its state.</param>
[GenerateSerializer, Immutable, Alias("ot.WorkflowView")]
public sealed record WorkflowView(
    [property: Id(0)] TaskId Id,
    [property: Id(1)] string Queue,
    [property: Id(2)] string Name,
    [property: Id(3)] WorkflowState State)
{
    /// <summary>1, and one more with each retry.</summary>
    [Id(4)] public int Run { get; init; } = 1;

    /// <summary>What it does when a node fails.</summary>
    [Id(5)] public FailureRule OnFailure { get; init; }

    /// <summary>Its own labels; sorted by key.</summary>
    [Id(6)] public ImmutableArray<Label> Labels { get; init; } = [];

    /// <summary>When the first of its nodes started.</summary>
    [Id(7)] public long? StartedAt { get; init; }

    /// <summary>When its last node ended.</summary>
    [Id(8)] public long? EndedAt { get; init; }

    /// <summary>When somebody cancelled it.</summary>
    [Id(9)] public long? CancelRequestedAt { get; init; }

    /// <summary>How many nodes are in each state, by the states' numbers.</summary>
    [Id(10)] public ImmutableArray<int> ByState { get; init; } = [];

    /// <summary>The names of the first nodes that made it fail, up to <see cref="MostFailedNodes"/>.</summary>
    [Id(11)] public ImmutableArray<string> FailedNodes { get; init; } = [];

    /// <summary>The most names that <see cref="FailedNodes"/> has.</summary>
    public const int MostFailedNodes = 10;
}
