using OrleansTasks.Processing.Files;
using OrleansTasks.Resources;
using OrleansTasks.Tasks.Spec;
using OrleansTasks.Workflows;

namespace OrleansTasks.Tasks;

/// <summary>A validated task on its way to its dispatcher.</summary>
/// <param name="Id">The task's id, which the gateway generated for the task's queue.</param>
/// <param name="Name">The human-readable name.</param>
/// <param name="Priority">The priority, 0–9; larger runs first.</param>
/// <param name="RunAt">The earliest start in Unix milliseconds; 0 for now.</param>
/// <param name="ExpiresAt">The latest start in Unix milliseconds; 0 for no bound.</param>
/// <param name="Retry">The retry policy.</param>
/// <param name="Labels">The labels for searching, at most 32, sorted by key.</param>
/// <param name="Requires">The labels that the node must have, sorted by key.</param>
/// <param name="Limits">The limits that the node must be able to enforce.</param>
/// <param name="Spec">The TaskSpec as JSON in UTF-8, without <c>secretEnv</c>.</param>
/// <param name="SecretEnv">The <c>secretEnv</c> object as JSON in UTF-8; empty if there is none.</param>
/// <param name="Concurrency">The concurrency key; null if the task has none.</param>
/// <param name="After">The tasks that must end before this one starts; null if there are none.</param>
/// <param name="WorkflowNode">
/// The name of the workflow's node to which the task belongs; null outside a workflow.
/// </param>
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
    /// Whether this is the own task of a node with <c>forEach</c>. It has no attempts, and ends when the tasks of the
    /// items have ended.
    /// </summary>
    [Id(14)]
    public bool IsForEach { get; init; }

    /// <summary>The item for which the task of a node with <c>forEach</c> runs; otherwise null.</summary>
    [Id(15)]
    public WorkflowItem? Item { get; init; }

    /// <summary>
    /// Whether this is the own task of a node that runs a data job. It has no attempts, and ends when the job has
    /// ended.
    /// </summary>
    [Id(16)]
    public bool IsJob { get; init; }

    /// <summary>
    /// Whether a program submitted the task in a transaction of its own in the store's database. The commit that stores
    /// the task then deletes its submission, and is refused if the submission is gone.
    /// </summary>
    [Id(17)]
    public bool IsTransactional { get; init; }

    /// <summary>Who submitted the task; null if unknown.</summary>
    [Id(18)]
    public Submitter? Submitter { get; init; }

    /// <summary>
    /// The stored files that the task names, each once; also default for none. The commit that stores the task records
    /// them, so that they stay as long as the task.
    /// </summary>
    [Id(19)]
    public ImmutableArray<FileName> Files { get; init; } = [];

    /// <summary>What the task needs of its node besides a slot; null for nothing.</summary>
    [Id(20)]
    public ResourceVector? Resources { get; init; }

    /// <summary>
    /// How long an attempt runs at most, its kill grace included, in milliseconds; 0 if unknown. Set only for tasks
    /// with <see cref="Resources"/>.
    /// </summary>
    [Id(22)]
    public long Lasts { get; init; }

    /// <summary>The unique key; null if the task has none. Only a task that is submitted alone has one.</summary>
    [Id(21)]
    public TaskUnique? Unique { get; init; }

    /// <summary>Returns the submission of a task that was read from a document.</summary>
    /// <param name="id">The task's id.</param>
    /// <param name="spec">The task.</param>
    /// <param name="extent">The position of the task and its secrets in the document.</param>
    /// <param name="document">The document, which the submission may keep.</param>
    /// <param name="submitter">See <see cref="Submitter"/>.</param>
    public static TaskSubmission Of(TaskId id, TaskSpec spec, in SpecExtent extent, byte[] document, Submitter? submitter = null)
    {
        var isWhole = extent.SecretName == 0 && extent.Start == 0 && extent.End == document.Length;
        var text = isWhole ? document : extent.CopySpec(document);
        // The dispatcher replaces the time of a debounced task: it knows the other arrivals and has its own clock.
        var runAt = spec.Unique is { Debounce: > 0 and var pause } ? id.CreatedAt + pause : spec.RunAt;
        return new TaskSubmission(
            id, spec.Name, spec.Priority, runAt, spec.ExpiresAt, spec.Retry, spec.Labels, spec.Requires, spec.Needs,
            spec.After.IsEmpty ? text : AfterText.Lengthen(text, spec.After), extent.CopySecrets(document), spec.Concurrency,
            spec.After.IsEmpty ? null : spec.After)
        {
            Submitter = submitter,
            Files = spec.KeptFiles,
            Resources = spec.Asks,
            Lasts = spec.Lasts,
            Unique = spec.Unique,
        };
    }
}
