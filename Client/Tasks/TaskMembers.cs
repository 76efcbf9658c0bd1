using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using OrleansTasks.Client.Audit;
using OrleansTasks.Client.Contract;
using OrleansTasks.Client.Failures;
using OrleansTasks.Contract;
using OrleansTasks.Definitions;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Tasks;

/// <summary>What a task and its row in a list both show, in this order.</summary>
/// <param name="task">The task.</param>
internal abstract class TaskMembers(TaskRecord task)
{
    /// <summary>The task as stored.</summary>
    protected TaskRecord Stored => task;

    [Description("The task's id.")]
    public TaskId Id => task.Id;

    [Description("The task's name.")]
    public string Name => task.Name;

    [Description("The queue.")]
    public string Queue => task.Queue;

    [Description("The priority, 0 to 9; larger runs first.")]
    public long Priority => task.Priority;

    [RefersTo("State")]
    public string State => task.State.Name();

    [Description("0 before the first start; increases with every start.")]
    public long Attempt => task.Attempt;

    [Description("The node of the latest attempt; null before the first.")]
    public string? Node => task.Node;

    [Description("When the service accepted the task.")]
    public Timestamp CreatedAt => task.Id.CreatedAt;

    [Description("When the task was last queued.")]
    public Timestamp? QueuedAt => task.QueuedAt;

    [Description("When the latest attempt started.")]
    public Timestamp? StartedAt => task.StartedAt;

    [Description("When the task ended.")]
    public Timestamp? EndedAt => task.EndedAt;

    [Description("When a cancel was requested.")]
    public Timestamp? CancelRequestedAt => task.CancelRequestedAt;

    [Description("The exit code of the latest attempt; null if it had none.")]
    public long? ExitCode => task.ExitCode;

    [Description("The signal that ended the latest attempt, such as SIGKILL; null if none did.")]
    public string? Signal => task.Signal;

    [RefersTo("Reason")]
    public string? Reason => task.Reason.Name();

    [Description("Whether the task failed because its nodes were lost too often. Bulk retry skips such tasks unless its "
        + "filters have quarantined=true.")]
    public bool Quarantined => task.IsQuarantined;

    [RefersTo("Fingerprint")]
    public string? Fingerprint => task.Fingerprint is { } fingerprint ? Fingerprints.Format(fingerprint) : null;

    [Description("Increases with each stored change; 0 in the answer to a submission.")]
    public long Version => task.Version;

    [Description("The workflow and node that the task belongs to; null outside a workflow.")]
    public TaskWorkflow? Workflow =>
        task is { WorkflowNode: { } node, Batch: { } workflow }
            ? new TaskWorkflow(workflow, node, task.WorkflowItem)
            : null;

    [Description("The size of the task's result; null without one. At most 65536, except for a node that runs a job.")]
    [Range(1, 1_048_576)]
    public long? ResultBytes => task.ResultBytes;

    [Description("How many artifacts the task left; null until it has ended, and if it was to leave none.")]
    [Range(0, 100_000)]
    public long? ArtifactCount => task.Artifacts?.Count;

    [Description("The bytes of all artifacts together; null like artifactCount."), Range(0, double.PositiveInfinity)]
    public long? ArtifactBytes => task.Artifacts?.Bytes;

    [Description("Whether the service has removed the artifacts since, because its files exceeded --retention-files. The "
        + "counts stay.")]
    public bool ArtifactsExpired => task.Artifacts is { IsExpired: true };

    [Description("How far the latest attempt has come, by its own report; null if it reported nothing.")]
    public TaskProgressAnswer? Progress =>
        task.Progress is { } progress
            ? new TaskProgressAnswer(progress, task.EndedAt is null ? task.StartedAt : null)
            : null;

    [Description("Who submitted the task; null if unknown, as for tasks that schedules start.")]
    public ActorAnswer? SubmittedBy => task.SubmittedBy is { } by ? new ActorAnswer(by.Key, by.KeyName, by.Says) : null;

    [Description("The definition that started the task, itself or as a node of a workflow; null without one.")]
    public DefinitionRef? Definition => DefinitionLabels.Of(task.Labels);

    [Description("Whether the task was submitted with secretEnv. The values are deleted when the task ends, so it cannot be "
        + "retried afterwards.")]
    public bool HadSecrets => task.HadSecrets;
}

/// <summary>The workflow and the node that a task belongs to.</summary>
internal sealed record TaskWorkflow(
    [property: Description("The workflow's id.")]
    TaskId Id,
    [property: Description("The node's name.")]
    string Node,
    [property: Description("The index of the item of a node with forEach.")]
    long? Item);

/// <summary>A task, as the HTTP contract shows it. <see cref="AcceptedJson"/> writes the same for a task that was just submitted.</summary>
[Schema("Task"), Description("A task.")]
internal sealed class TaskAnswer : TaskMembers
{
    private TaskAnswer(TaskRecord task)
        : base(task)
    {
    }

    [Description("The output of the latest attempt."), JsonPropertyOrder(1)]
    public TaskOutputAnswer Output => new(Stored.StdoutBytes, Stored.StderrBytes, Stored.Truncated, new OutputText(Stored.Tail));

    [Description("The task's labels."), JsonPropertyOrder(1)]
    public LabelMap Labels => Stored.Labels;

    [RefersTo("TaskSpec"), JsonPropertyOrder(1)]
    public StoredJson Spec => new(Stored.Spec);

    /// <summary>The example of the contract.</summary>
    public static TaskAnswer Example => new(ExampleRecord with { Spec = """{"cmd":"touch /tmp/hello"}"""u8.ToArray() });

    /// <summary>The task of the examples, without its spec.</summary>
    internal static TaskRecord ExampleRecord => new(
        Examples.Id, "touch", "default", 5, TaskState.Succeeded, 1, "w1", Examples.Time, Examples.Time + 4, Examples.Time + 9, 0, null,
        EndReason.Exit, null, 0, 0, false, default, [], default, null)
    {
        Version = 7,
    };

    /// <summary>Returns the answer of a task.</summary>
    public static TaskAnswer Of(TaskRecord task) => new(task);
}

/// <summary>The sizes and the end of an attempt's output.</summary>
internal sealed record TaskOutputAnswer(
    [property: Description("The bytes of standard output that are kept.")]
    long StdoutBytes,
    [property: Description("The bytes of standard error that are kept.")]
    long StderrBytes,
    [property: Description("Whether the command wrote more than was kept.")]
    bool Truncated,
    [property: Description("The end of the output: at most 4 KiB of each stream, stdout first.")]
    OutputText Tail);
