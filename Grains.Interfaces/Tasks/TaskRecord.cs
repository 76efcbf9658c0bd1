namespace OrleansTasks.Tasks;

/// <summary>A task as stored. Times are in Unix milliseconds. A null value is unknown or not reached.</summary>
/// <param name="Id">The task's id, which contains the time of its creation.</param>
/// <param name="Name">The human-readable name.</param>
/// <param name="Queue">The task's queue.</param>
/// <param name="Priority">The priority, 0–9; larger runs first.</param>
/// <param name="State">The task's state.</param>
/// <param name="Attempt">The latest attempt's number; 0 before the first start.</param>
/// <param name="Node">The node of the latest attempt.</param>
/// <param name="QueuedAt">When the task was last queued; null if it never was.</param>
/// <param name="StartedAt">When the latest attempt started.</param>
/// <param name="EndedAt">When the task ended.</param>
/// <param name="ExitCode">The exit code of the latest attempt.</param>
/// <param name="Signal">The signal that ended the latest attempt.</param>
/// <param name="Reason">Why the latest attempt ended.</param>
/// <param name="CancelRequestedAt">When a cancel was requested.</param>
/// <param name="StdoutBytes">The number of kept bytes of standard output.</param>
/// <param name="StderrBytes">The number of kept bytes of standard error.</param>
/// <param name="Truncated">Whether a stream wrote more than was kept.</param>
/// <param name="Tail">The end of the output, in UTF-8.</param>
/// <param name="Labels">The task's labels, sorted by key.</param>
/// <param name="Spec">The TaskSpec as JSON in UTF-8, without secrets.</param>
/// <param name="Batch">The id of the batch or workflow to which the task belongs; null for none.</param>
[GenerateSerializer, Immutable, Alias("ot.TaskRecord")]
public sealed record TaskRecord(
    [property: Id(0)] TaskId Id,
    [property: Id(1)] string Name,
    [property: Id(2)] string Queue,
    [property: Id(3)] byte Priority,
    [property: Id(4)] TaskState State,
    [property: Id(5)] int Attempt,
    [property: Id(6)] string? Node,
    [property: Id(7)] long? QueuedAt,
    [property: Id(8)] long? StartedAt,
    [property: Id(9)] long? EndedAt,
    [property: Id(10)] int? ExitCode,
    [property: Id(11)] string? Signal,
    [property: Id(12)] EndReason Reason,
    [property: Id(13)] long? CancelRequestedAt,
    [property: Id(14)] long StdoutBytes,
    [property: Id(15)] long StderrBytes,
    [property: Id(16)] bool Truncated,
    [property: Id(17)] ReadOnlyMemory<byte> Tail,
    [property: Id(18)] ImmutableArray<Label> Labels,
    [property: Id(19)] ReadOnlyMemory<byte> Spec,
    [property: Id(20)] TaskId? Batch)
{
    /// <summary>
    /// How often the node was lost without counting as a failed attempt, since the last retry by a user.
    /// </summary>
    [Id(21)] public int NodeLosses { get; init; }

    /// <summary>The fingerprint of a failed task's failure; otherwise null.</summary>
    [Id(22)] public long? Fingerprint { get; init; }

    /// <summary>The peak memory of the latest attempt in bytes; 0 if unknown.</summary>
    [Id(23)] public long MaxRssBytes { get; init; }

    /// <summary>The start of the command in a row; null in a whole record.</summary>
    [Id(24)] public string? Command { get; init; }

    /// <summary>The maximum number of attempts in a row; 0 in a whole record.</summary>
    [Id(25)] public int MaxAttempts { get; init; }

    /// <summary>
    /// The number of the queue's commit that last wrote the task. It rises with each stored change; 0 until the task is
    /// stored.
    /// </summary>
    [Id(26)] public long Version { get; init; }

    /// <summary>
    /// The name of the workflow's node to which the task belongs; null outside a workflow. The workflow's id is
    /// <see cref="Batch"/>.
    /// </summary>
    [Id(27)] public string? WorkflowNode { get; init; }

    /// <summary>The index of the item for which the task of a node with <c>forEach</c> runs; otherwise null.</summary>
    [Id(29)] public int? WorkflowItem { get; init; }

    /// <summary>The size of the task's result in bytes; null if it has none.</summary>
    [Id(28)] public int? ResultBytes { get; init; }

    /// <summary>Who submitted the task; null if unknown.</summary>
    [Id(30)] public Submitter? SubmittedBy { get; init; }

    /// <summary>
    /// Whether the task was submitted with secrets. They are deleted when it ends, so it cannot be retried afterwards.
    /// </summary>
    [Id(31)] public bool HadSecrets { get; init; }

    /// <summary>The artifacts of the latest attempt; null until it has ended, and if it was to keep none.</summary>
    [Id(32)] public ArtifactTotals? Artifacts { get; init; }

    /// <summary>What the latest attempt last reported of its progress; null if nothing.</summary>
    [Id(33)] public TaskProgress? Progress { get; init; }

    /// <summary>
    /// Returns the task as a row of a list: without spec and tail, but with what rows show of the spec.
    /// </summary>
    public TaskRecord AsRow()
    {
        var digest = SpecDigest.Read(Spec.Span);
        return this with { Spec = default, Tail = default, Command = digest.ShownCommand, MaxAttempts = digest.MaxAttempts };
    }

    /// <summary>
    /// About how many bytes the task takes: the base of <see cref="TaskListQuery.MostBytes"/>, so stores and gateways
    /// count the same.
    /// </summary>
    public long Bytes
    {
        get
        {
            var bytes = 256L + Spec.Length + Tail.Length + Name.Length + (Command?.Length ?? 0);
            foreach (var label in Labels)
                bytes += label.Key.Length + label.Value.Length;
            return bytes;
        }
    }

    /// <summary>Whether the task failed because its node was lost too often.</summary>
    public bool IsQuarantined => State == TaskState.Failed && Reason == EndReason.NodeLost && NodeLosses > 0;
}
