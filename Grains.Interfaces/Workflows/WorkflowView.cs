using OrleansTasks.Tasks;

namespace OrleansTasks.Workflows;

/// <summary>A workflow, as returned to readers. Times are in Unix milliseconds.</summary>
/// <param name="Id">The workflow's id, which contains the time of its creation.</param>
/// <param name="Queue">The queue of its tasks.</param>
/// <param name="Name">The human-readable name.</param>
/// <param name="State">The workflow's state.</param>
[GenerateSerializer, Immutable, Alias("ot.WorkflowView")]
public sealed record WorkflowView(
    [property: Id(0)] TaskId Id,
    [property: Id(1)] string Queue,
    [property: Id(2)] string Name,
    [property: Id(3)] WorkflowState State)
{
    /// <summary>The number of the current run: 1 at first, and one more with each retry.</summary>
    [Id(4)] public int Run { get; init; } = 1;

    /// <summary>What the workflow does when a node fails.</summary>
    [Id(5)] public FailureRule OnFailure { get; init; }

    /// <summary>The workflow's own labels; sorted by key.</summary>
    [Id(6)] public ImmutableArray<Label> Labels { get; init; } = [];

    /// <summary>When the first node started; null if none has.</summary>
    [Id(7)] public long? StartedAt { get; init; }

    /// <summary>When the last node ended; null while the workflow is running.</summary>
    [Id(8)] public long? EndedAt { get; init; }

    /// <summary>When a caller cancelled the workflow; null if none has.</summary>
    [Id(9)] public long? CancelRequestedAt { get; init; }

    /// <summary>The number of nodes in each state, indexed by the value of <c>TaskState</c>.</summary>
    [Id(10)] public ImmutableArray<int> ByState { get; init; } = [];

    /// <summary>
    /// The names of the first nodes that failed, or whose cancel failed the workflow, up to
    /// <see cref="MostFailedNodes"/>.
    /// </summary>
    [Id(11)] public ImmutableArray<string> FailedNodes { get; init; } = [];

    /// <summary>Maximum number of names in <see cref="FailedNodes"/>.</summary>
    public const int MostFailedNodes = 10;
}
