namespace OrleansTasks.Tasks;

/// <summary>A task as it stands in the store. Times are Unix milliseconds.</summary>
/// <param name="Id">Its id; tells when it was created.</param>
/// <param name="Name">For people.</param>
/// <param name="Queue">Its queue.</param>
/// <param name="Priority">0–9.</param>
/// <param name="State">Its state.</param>
/// <param name="Attempt">The latest attempt's number; 0 before the first start.</param>
/// <param name="Node">The node of the latest attempt.</param>
/// <param name="QueuedAt">When it last became queued; null while it has not been.</param>
/// <param name="StartedAt">When the latest attempt started.</param>
/// <param name="EndedAt">When the task ended.</param>
/// <param name="ExitCode">The latest attempt's exit code.</param>
/// <param name="Signal">The signal that ended the latest attempt.</param>
/// <param name="Reason">Why the latest attempt ended.</param>
/// <param name="CancelRequestedAt">When a cancel was asked for.</param>
/// <param name="StdoutBytes">Kept bytes of standard output.</param>
/// <param name="StderrBytes">Kept bytes of standard error.</param>
/// <param name="Truncated">Whether a stream wrote more than was kept.</param>
/// <param name="Tail">The end of what was written, UTF-8.</param>
/// <param name="Labels">Its labels, by key.</param>
/// <param name="Spec">The TaskSpec as JSON in UTF-8, without secrets.</param>
/// <param name="Batch">The batch it came with.</param>
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
    /// <summary>How often its node was lost without counting as a failed attempt, since the last retry by a user.</summary>
    [Id(21)] public int NodeLosses { get; init; }

    /// <summary>Of a failed task: the fingerprint of its failure.</summary>
    [Id(22)] public long? Fingerprint { get; init; }

    /// <summary>The most memory that the latest attempt used, in bytes; 0 when it is not known.</summary>
    [Id(23)] public long MaxRssBytes { get; init; }

    /// <summary>What a row shows of the command; null in a whole record.</summary>
    [Id(24)] public string? Command { get; init; }

    /// <summary>How many attempts it has, in a row; 0 in a whole record.</summary>
    [Id(25)] public int MaxAttempts { get; init; }

    /// <summary>
    /// Rises with each stored change: the number of the queue's commit that wrote it last. 0 when it is not stored
    /// yet.
    /// </summary>
    [Id(26)] public long Version { get; init; }

    /// <summary>
    /// The name of the workflow's node that it is; null outside a workflow. The workflow is <see cref="Batch"/>.
    /// </summary>
    [Id(27)] public string? WorkflowNode { get; init; }

    /// <summary>The index of the item of a node with <c>forEach</c> that it runs for; null for none.</summary>
    [Id(29)] public int? WorkflowItem { get; init; }

    /// <summary>The size of its result; null when it has none.</summary>
    [Id(28)] public int? ResultBytes { get; init; }

    /// <summary>The task as a row of a list: without spec and tail, with what rows show of the spec.</summary>
    public TaskRecord AsRow()
    {
        var digest = SpecDigest.Read(Spec.Span);
        return this with { Spec = default, Tail = default, Command = digest.ShownCommand, MaxAttempts = digest.MaxAttempts };
    }

    /// <summary>Whether it failed because its node was lost too often.</summary>
    public bool IsQuarantined => State == TaskState.Failed && Reason == EndReason.NodeLost && NodeLosses > 0;
}
