using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
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
