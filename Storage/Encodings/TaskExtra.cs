using OrleansTasks.Resources;
using OrleansTasks.Tasks;
using OrleansTasks.Workflows;

namespace OrleansTasks.Storage.Encodings;

/// <summary>The properties that few tasks have (<see cref="ExtraText"/>).</summary>
/// <param name="Concurrency">The concurrency key; null if there is none.</param>
/// <param name="After">The tasks that it waits for; empty if there are none.</param>
internal sealed record TaskExtra(TaskConcurrency? Concurrency, ImmutableArray<TaskDependency> After)
{
    /// <summary>The unique key; null if there is none.</summary>
    internal TaskUnique? Unique { get; init; }

    /// <summary>The name of its workflow node; null outside a workflow.</summary>
    internal string? WorkflowNode { get; init; }

    internal bool IsForEach { get; init; }

    internal bool IsJob { get; init; }

    /// <summary>What it needs of its node besides a slot.</summary>
    internal ResourceVector? Resources { get; init; }

    /// <summary>The memory that its next attempt reserves after one ran out of it, in bytes; 0 for none.</summary>
    internal long ReservedMemory { get; init; }

    /// <summary>How long an attempt runs at most, in milliseconds; 0 if unknown.</summary>
    internal long Lasts { get; init; }

    /// <summary>The item of a <c>forEach</c> node that it runs for; null if there is none.</summary>
    internal WorkflowItem? Item { get; init; }

    /// <summary>The value for tasks without a stored text.</summary>
    internal static TaskExtra None { get; } = new(null, []);
}
