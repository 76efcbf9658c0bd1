using OrleansTasks.Tasks;
using OrleansTasks.Workflows;

namespace OrleansTasks.Storage.Encodings;

/// <summary>What few tasks have (<see cref="ExtraText"/>).</summary>
/// <param name="Concurrency">The concurrency key; null when there is none.</param>
/// <param name="After">The tasks that must end before it starts; empty when there are none.</param>
internal sealed record TaskExtra(TaskConcurrency? Concurrency, ImmutableArray<TaskDependency> After)
{
    /// <summary>The name of the workflow's node that it is; null outside a workflow.</summary>
    internal string? WorkflowNode { get; init; }

    /// <summary>Whether it is a node with <c>forEach</c>.</summary>
    internal bool IsForEach { get; init; }

    /// <summary>Whether it is a node that runs a data job.</summary>
    internal bool IsJob { get; init; }

    /// <summary>The item of a node with <c>forEach</c> that it runs for; null for none.</summary>
    internal WorkflowItem? Item { get; init; }

    /// <summary>What a task has for which nothing is stored.</summary>
    internal static TaskExtra None { get; } = new(null, []);
}
