using OrleansTasks.Tasks;

namespace OrleansTasks.Workflows;

/// <summary>A node of a workflow, as returned to readers.</summary>
/// <param name="Index">The node's index in the workflow.</param>
/// <param name="Name">The node's name.</param>
/// <param name="Task">The id of the node's task; its own task if it has <c>forEach</c> or runs a job.</param>
/// <param name="State">The task's state.</param>
/// <param name="Reason">Why the task or its latest attempt ended.</param>
/// <param name="ExitCode">The exit code of the latest attempt; null if there is none.</param>
/// <param name="After">The names of the node's parents.</param>
/// <param name="On">How each parent must end, in the order of <paramref name="After"/>.</param>
/// <param name="MayFail">Whether the workflow can succeed although the node fails.</param>
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

    /// <summary>
    /// The id of the job in the workflow's current run; null until the node begins, and for any other node.
    /// </summary>
    [Id(12)] public TaskId? Job { get; init; }

    /// <summary>
    /// When the latest attempt, the first item or the job started, in Unix milliseconds; null if none has.
    /// </summary>
    [Id(13)] public long? StartedAt { get; init; }

    /// <summary>When the node ended, in Unix milliseconds; null while it is open.</summary>
    [Id(14)] public long? EndedAt { get; init; }
}
