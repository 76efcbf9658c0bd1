using OrleansTasks.Tasks;

namespace OrleansTasks.Storage;

/// <summary>
/// A task as a dispatcher holds it: all open tasks of its queue, and ended ones that it is asked to retry. Small,
/// because a queue may have a million: no spec, and equal retry policies and label lists share one instance.
/// </summary>
/// <param name="Row">The columns that change.</param>
/// <param name="Priority">0 to 9; larger goes first.</param>
/// <param name="ExpiresAt">
/// Unix milliseconds; 0 never. The task fails then if it has had no attempt, or only one given back before its start.
/// </param>
/// <param name="Retry">The retry policy.</param>
/// <param name="Requires">Labels that the node must carry, sorted by key.</param>
/// <param name="Limits">Kinds of limits that the node must enforce.</param>
/// <param name="HadSecrets">Secrets go when the task ends, so an ended task that had some cannot be retried.</param>
/// <param name="Concurrency">The concurrency key, or null.</param>
/// <param name="After">Parents; empty or default if none.</param>
/// <param name="WorkflowNode">Its node's name; null outside a workflow.</param>
/// <param name="IsForEach">Own task of a <c>forEach</c> node; it has no attempts.</param>
/// <param name="IsJob">Own task of a node with a data job; it has no attempts.</param>
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
    bool IsJob = false);
