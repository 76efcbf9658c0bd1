using OrleansTasks.Tasks;

namespace OrleansTasks.Storage;

/// <summary>
/// A stored task as a dispatcher needs it. A dispatcher loads all open tasks of its queue in this form when it
/// starts. It also reads single tasks that requests name: open ones that it has not loaded yet, and, despite the name
/// of this type, ended ones to retry them. The value is small, because a queue may have a million open tasks: it
/// leaves out the spec, and equal retry policies and label lists share one instance.
/// </summary>
/// <param name="Row">The columns that change during the task's life.</param>
/// <param name="Priority">0 to 9; a larger one goes first.</param>
/// <param name="ExpiresAt">
/// Unix milliseconds. The task fails at this time if it has had no attempt, or only one that was given back before its
/// start; 0 means that it never expires.
/// </param>
/// <param name="Retry">When a failed attempt is followed by another one.</param>
/// <param name="Requires">The labels that a node must carry to run the task, sorted by key.</param>
/// <param name="Limits">The kinds of limits (memory, say) that a node must be able to enforce to run the task.</param>
/// <param name="HadSecrets">
/// Whether the task was submitted with <c>secretEnv</c>. The secrets are removed when the task ends, so the ended task
/// cannot be retried.
/// </param>
/// <param name="Concurrency">Its concurrency key; null when it has none.</param>
/// <param name="After">The tasks that must end before it starts; empty or default when there are none.</param>
/// <param name="WorkflowNode">The name of the workflow's node that it is; null outside a workflow.</param>
/// <param name="IsForEach">Whether it is a node with <c>forEach</c>, and has no attempts.</param>
/// <param name="IsJob">Whether it is a node that runs a data job, and has no attempts.</param>
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
