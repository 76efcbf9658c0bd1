using OrleansTasks.Resources;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage;

/// <summary>
/// A task as a dispatcher holds it in memory: each open task of its queue, and ended ones that it is asked to retry.
/// Kept small, because a queue may have a million tasks: it has no spec, and equal retry policies and label lists share
/// one instance.
/// </summary>
/// <param name="Row">The columns that change.</param>
/// <param name="Priority">0 to 9; larger goes first.</param>
/// <param name="ExpiresAt">
/// Unix milliseconds; 0 means never. At this time the task fails if it has had no attempt, or only one that was given
/// back before its start.
/// </param>
/// <param name="Retry">The retry policy.</param>
/// <param name="Requires">Labels that the node must carry, sorted by key.</param>
/// <param name="Limits">Kinds of limits that the node must enforce.</param>
/// <param name="HadSecrets">
/// Whether the task had secrets. They are removed when it ends, so such a task cannot be retried then.
/// </param>
/// <param name="Concurrency">The concurrency key, or null.</param>
/// <param name="After">The task's parents; empty or default if it has none.</param>
/// <param name="WorkflowNode">The name of its workflow node; null outside a workflow.</param>
/// <param name="IsForEach">Whether it is the own task of a <c>forEach</c> node, which has no attempts.</param>
/// <param name="IsJob">Whether it is the own task of a node with a data job, which has no attempts.</param>
/// <param name="Resources">What it needs of its node besides a slot; null for nothing.</param>
/// <param name="Unique">The unique key, or null.</param>
/// <param name="Lasts">How long an attempt runs at most, in milliseconds; 0 if unknown.</param>
/// <param name="ReservedMemory">
/// The memory in bytes that its next attempt reserves instead of that in <paramref name="Resources"/>, because an attempt
/// ran out of memory; 0 for none. Holds only while <paramref name="Row"/> counts such a failure.
/// </param>
public readonly record struct OpenTask(
    TaskRow Row,
    byte Priority,
    long ExpiresAt,
    RetryPolicy Retry,
    ImmutableArray<Label> Requires,
    Limits Limits,
    bool HadSecrets,
    TaskConcurrency? Concurrency = null,
    ImmutableArray<TaskDependency> After = default,
    string? WorkflowNode = null,
    bool IsForEach = false,
    bool IsJob = false,
    ResourceVector? Resources = null,
    TaskUnique? Unique = null,
    long Lasts = 0,
    long ReservedMemory = 0);
