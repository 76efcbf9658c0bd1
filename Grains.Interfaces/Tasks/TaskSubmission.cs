using OrleansTasks.Workflows;

namespace OrleansTasks.Tasks;

/// <summary>A validated task on its way to its dispatcher.</summary>
/// <param name="Id">Minted by the gateway for the queue it is sent to.</param>
/// <param name="Name">For people.</param>
/// <param name="Priority">0–9, larger first.</param>
/// <param name="RunAt">Unix milliseconds before which it must not start; 0 means now.</param>
/// <param name="ExpiresAt">Unix milliseconds by which it must have started; 0 means never.</param>
/// <param name="Retry">When it is tried again.</param>
/// <param name="Labels">For finding it; at most 32, by key.</param>
/// <param name="Requires">Labels its node must carry; sorted by key.</param>
/// <param name="Limits">The kinds of limits its node must be able to enforce.</param>
/// <param name="Spec">The TaskSpec as JSON in UTF-8, without <c>secretEnv</c>.</param>
/// <param name="SecretEnv">The <c>secretEnv</c> object as JSON in UTF-8; empty when there is none.</param>
/// <param name="Concurrency">Its concurrency key; null when it has none.</param>
/// <param name="After">The tasks that must end before it starts; null when there are none.</param>
/// <param name="WorkflowNode">The name of the workflow's node that it is; null outside a workflow.</param>
[GenerateSerializer, Immutable, Alias("ot.TaskSubmission")]
public sealed record TaskSubmission(
    [property: Id(0)] TaskId Id,
    [property: Id(1)] string Name,
    [property: Id(2)] byte Priority,
    [property: Id(3)] long RunAt,
    [property: Id(4)] long ExpiresAt,
    [property: Id(5)] RetryPolicy Retry,
    [property: Id(6)] ImmutableArray<Label> Labels,
    [property: Id(7)] ImmutableArray<Label> Requires,
    [property: Id(8)] Limits Limits,
    [property: Id(9)] ReadOnlyMemory<byte> Spec,
    [property: Id(10)] ReadOnlyMemory<byte> SecretEnv,
    [property: Id(11)] TaskConcurrency? Concurrency = null,
    [property: Id(12)] ImmutableArray<TaskDependency>? After = null,
    [property: Id(13)] string? WorkflowNode = null)
{
    /// <summary>
    /// Whether it is a node with <c>forEach</c>: it has no attempts, and ends when the tasks of its items have ended.
    /// </summary>
    [Id(14)]
    public bool IsForEach { get; init; }

    /// <summary>The item of a node with <c>forEach</c> that it runs for; null for none.</summary>
    [Id(15)]
    public WorkflowItem? Item { get; init; }

    /// <summary>Whether it is a node that runs a data job: it has no attempts, and ends when the job has ended.</summary>
    [Id(16)]
    public bool IsJob { get; init; }
}
