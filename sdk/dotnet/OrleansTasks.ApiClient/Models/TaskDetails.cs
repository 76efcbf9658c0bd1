namespace OrleansTasks.ApiClient;

/// <summary>The properties that a task has in every answer.</summary>
public abstract record TaskFields
{
    /// <summary>The task's id.</summary>
    public required string Id { get; init; }

    /// <summary>The task's name.</summary>
    public required string Name { get; init; }

    /// <summary>The queue.</summary>
    public required string Queue { get; init; }

    /// <summary>The priority, 0 to 9.</summary>
    public int Priority { get; init; }

    /// <summary>The state.</summary>
    public TaskState State { get; init; }

    /// <summary>The number of the latest attempt; 0 before the first start.</summary>
    public int Attempt { get; init; }

    /// <summary>The node of the latest attempt; null before the first.</summary>
    public string? Node { get; init; }

    /// <summary>When the service accepted the task.</summary>
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>When the task was last queued.</summary>
    public DateTimeOffset? QueuedAt { get; init; }

    /// <summary>When the latest attempt started.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>When the latest attempt ended.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>When a cancel was requested.</summary>
    public DateTimeOffset? CancelRequestedAt { get; init; }

    /// <summary>The exit code of the latest attempt; null if it had none.</summary>
    public int? ExitCode { get; init; }

    /// <summary>The signal that ended the latest attempt, such as <c>SIGKILL</c>; null if none did.</summary>
    public string? Signal { get; init; }

    /// <summary>Why the latest attempt ended; null while it has not.</summary>
    public EndReason? Reason { get; init; }

    /// <summary>Whether the task failed because its node was lost too often.</summary>
    public bool Quarantined { get; init; }

    /// <summary>Equal for equal failures; null unless the task failed.</summary>
    public string? Fingerprint { get; init; }

    /// <summary>Increases with each stored change; 0 in the answer to a submission.</summary>
    public long Version { get; init; }

    /// <summary>The workflow that the task is a node of; null without one.</summary>
    public WorkflowPlace? Workflow { get; init; }

    /// <summary>The size of the result in bytes; null if there is none.</summary>
    public int? ResultBytes { get; init; }

    /// <summary>The number of files that the task left; null if it has not ended, or keeps no files.</summary>
    public int? ArtifactCount { get; init; }

    /// <summary>The bytes of the files that the task left; null if <see cref="ArtifactCount"/> is null.</summary>
    public long? ArtifactBytes { get; init; }

    /// <summary>Whether the service has removed the files since, because it had too many. The counts stay.</summary>
    public bool ArtifactsExpired { get; init; }

    /// <summary>How far the latest attempt has come, by its own report; null if it reported nothing.</summary>
    public TaskProgress? Progress { get; init; }

    /// <summary>Who submitted the task; null if unknown, as for tasks that schedules start.</summary>
    public Actor? SubmittedBy { get; init; }

    /// <summary>The definition that started the task, itself or as a node of a workflow; null without one.</summary>
    public DefinitionVersion? Definition { get; init; }

    /// <summary>Whether the task was submitted with secrets; it cannot be retried once it has ended.</summary>
    public bool HadSecrets { get; init; }

    /// <summary>The sizes of the output.</summary>
    public TaskOutput Output { get; init; } = new();

    /// <summary>The task's labels.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>Whether the state is final: only a retry leaves it.</summary>
    public bool HasEnded => State is TaskState.Succeeded or TaskState.Failed or TaskState.Cancelled;
}

/// <summary>A task.</summary>
public sealed record TaskDetails : TaskFields
{
    /// <summary>The spec, without <see cref="TaskSpec.SecretEnv"/>.</summary>
    public TaskSpec Spec { get; init; } = new();
}

/// <summary>A task in a list.</summary>
public sealed record TaskRow : TaskFields
{
    /// <summary>The beginning of the command, up to 200 characters.</summary>
    public string Command { get; init; } = "";

    /// <summary><see cref="RetryPolicy.MaxAttempts"/> of the spec.</summary>
    public int MaxAttempts { get; init; }

    /// <summary>The peak memory use of the latest attempt, in bytes; null if unknown.</summary>
    public long? MaxRssBytes { get; init; }

    /// <summary>The batch that the task came with; null if it came alone.</summary>
    public string? Batch { get; init; }
}

/// <summary>The output of a task's latest attempt.</summary>
public sealed record TaskOutput
{
    /// <summary>The kept bytes of standard output.</summary>
    public long StdoutBytes { get; init; }

    /// <summary>The kept bytes of standard error.</summary>
    public long StderrBytes { get; init; }

    /// <summary>Whether more was written than was kept.</summary>
    public bool Truncated { get; init; }

    /// <summary>
    /// The end of what was written, at most 4 KiB of each stream, standard output first. Empty in lists.
    /// </summary>
    public string Tail { get; init; } = "";
}

/// <summary>The workflow and the node that a task or a job belongs to.</summary>
/// <param name="Id">The workflow's id.</param>
/// <param name="Node">The name of the node.</param>
/// <param name="Item">
/// The index of the item of a node with <see cref="WorkflowNode.ForEach"/>; null for other nodes.
/// </param>
public sealed record WorkflowPlace(string Id, string Node, int? Item = null);

/// <summary>One try at running a task.</summary>
public sealed record AttemptDetails
{
    /// <summary>The number, from 1.</summary>
    public int Attempt { get; init; }

    /// <summary>The node.</summary>
    public string? Node { get; init; }

    /// <summary>How the attempt ended, or that it runs.</summary>
    public TaskState State { get; init; }

    /// <summary>Why it ended; null while it runs.</summary>
    public EndReason? Reason { get; init; }

    /// <summary>The exit code; null if it had none.</summary>
    public int? ExitCode { get; init; }

    /// <summary>The signal that ended it; null if none did.</summary>
    public string? Signal { get; init; }

    /// <summary>When it started.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>When it ended.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>The peak memory use in bytes; null if unknown.</summary>
    public long? MaxRssBytes { get; init; }

    /// <summary>The processor time; null if unknown.</summary>
    public TimeSpan? CpuTime { get; init; }
}

/// <summary>The attempts of a task as they are received.</summary>
internal sealed record AttemptList(IReadOnlyList<AttemptDetails> Items);

/// <summary>Why a task does not run yet.</summary>
public sealed record WhyWaiting
{
    /// <summary>Everything that holds the task back; empty once it runs.</summary>
    public IReadOnlyList<WaitingReason> Reasons { get; init; } = [];

    /// <summary>When the task will probably start; null if that is unknown.</summary>
    public DateTimeOffset? EstimatedStart { get; init; }

    /// <summary>
    /// How far the estimate can be trusted: <c>exact</c>, <c>measured</c> or <c>rough</c>; null without an estimate.
    /// </summary>
    public string? Confidence { get; init; }

    /// <summary>The range of the estimate; null unless it is <c>measured</c>.</summary>
    public EstimatedRange? EstimatedRange { get; init; }
}

/// <summary>The times between which nine of ten past estimates of a queue lay.</summary>
/// <param name="From">The earliest time.</param>
/// <param name="To">The latest time.</param>
/// <param name="Samples">The number of past estimates.</param>
public sealed record EstimatedRange(DateTimeOffset From, DateTimeOffset To, int Samples);

/// <summary>One thing that holds a task back.</summary>
/// <param name="Code">A stable word, such as <c>no-matching-node</c>.</param>
/// <param name="Detail">The reason for people.</param>
public sealed record WaitingReason(string Code, string Detail);

/// <summary>A batch that was accepted.</summary>
/// <param name="Batch">The id of the batch.</param>
/// <param name="Ids">The ids of the tasks, in the order in which they were sent.</param>
public sealed record BatchAccepted(string Batch, IReadOnlyList<string> Ids);

/// <summary>How far a batch, or the tasks of a workflow, are.</summary>
public sealed record BatchCounts
{
    /// <summary>The batch's id.</summary>
    public required string Id { get; init; }

    /// <summary>The number of tasks.</summary>
    public int Total { get; init; }

    /// <summary>The number of tasks by state.</summary>
    public IReadOnlyDictionary<string, int> ByState { get; init; } = new Dictionary<string, int>();

    /// <summary>The number of tasks by the node of their latest attempt.</summary>
    public IReadOnlyDictionary<string, int> ByNode { get; init; } = new Dictionary<string, int>();

    /// <summary>The number of tasks by exit code.</summary>
    public IReadOnlyDictionary<string, int> ByExitCode { get; init; } = new Dictionary<string, int>();

    /// <summary>Whether every task has ended.</summary>
    public bool Ended { get; init; }
}

/// <summary>A piece of a task's output.</summary>
/// <param name="Stream">The stream that it belongs to.</param>
/// <param name="Offset">The number of earlier bytes of this stream in this attempt.</param>
/// <param name="Text">The text. Bytes that are not UTF-8 are replaced.</param>
/// <param name="Attempt">The attempt that wrote it.</param>
public sealed record LogPiece(OutputStream Stream, long Offset, string Text, int Attempt);

/// <summary>Filters of a list of tasks. A task matches if it matches every property that is not null.</summary>
public sealed record TaskFilter
{
    /// <summary>The state.</summary>
    public TaskState? State { get; init; }

    /// <summary>The queue.</summary>
    public string? Queue { get; init; }

    /// <summary>The node of the latest attempt.</summary>
    public string? Node { get; init; }

    /// <summary>The whole name.</summary>
    public string? Name { get; init; }

    /// <summary>Labels, all of which the task must have.</summary>
    public IReadOnlyDictionary<string, string>? Labels { get; init; }

    /// <summary>The time after which the task was created.</summary>
    public DateTimeOffset? CreatedAfter { get; init; }

    /// <summary>The time before which the task was created.</summary>
    public DateTimeOffset? CreatedBefore { get; init; }

    /// <summary>The reason of the latest attempt's end.</summary>
    public EndReason? Reason { get; init; }

    /// <summary>The batch.</summary>
    public string? Batch { get; init; }

    /// <summary>The workflow; not together with a batch.</summary>
    public string? Workflow { get; init; }

    /// <summary>Text that the name or the command contains, in any letter case.</summary>
    public string? Text { get; init; }
}
