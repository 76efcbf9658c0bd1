using OrleansTasks.Tasks;

namespace OrleansTasks.Workflows;

/// <summary>A node of a workflow for readers.</summary>
/// <param name="Index">Its place in the workflow.</param>
/// <param name="Name">Its name.</param>
/// <param name="Task">Its task.</param>
/// <param name="State">The task's state.</param>
/// <param name="Reason">Why the task, or its latest attempt, ended.</param>
/// <param name="ExitCode">The latest attempt's exit code.</param>
/// <param name="After">The names of the nodes that it waits for.</param>
/// <param name="On">How each of them must end.</param>
/// <param name="MayFail">Whether its failure leaves the workflow as it is.</param>
[GenerateSerializer, Immutable, Alias("ot.WorkflowNodeView")]
public sealed record WorkflowNodeView(
    [property: Id(0)] int Index,
    [property: Id(1)] string Name,
    [property: Id(2)] TaskId Task,
    [property: Id(3)] TaskState State,
    [property: Id(4)] EndReason Reason,
    [property: Id(5)] int? ExitCode,
    [property: Id(6)] ImmutableArray<string> After,
    [property: Id(7)] ImmutableArray<EndCondition> On,
    [property: Id(8)] bool MayFail)
{
    /// <summary>The items of a node with <c>forEach</c>; null for any other node.</summary>
    [Id(9)] public ItemCounts? Items { get; init; }

    /// <summary>The node's <c>forEach</c>; null for any other node.</summary>
    [Id(10)] public ForEachView? ForEach { get; init; }

    /// <summary>Whether the node runs a data job.</summary>
    [Id(11)] public bool IsJob { get; init; }

    /// <summary>The job of the workflow's present run; null before the node has begun, and for any other node.</summary>
    [Id(12)] public TaskId? Job { get; init; }

    /// <summary>When its latest attempt started, the first of its items, or its job; Unix milliseconds; null when none has.</summary>
    [Id(13)] public long? StartedAt { get; init; }

    /// <summary>When it ended, Unix milliseconds; null while it is open.</summary>
    [Id(14)] public long? EndedAt { get; init; }
}
