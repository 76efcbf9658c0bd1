namespace OrleansTasks.Tasks;

/// <summary>A task that a filter matches, with what a bulk operation needs to know of it.</summary>
/// <param name="Id">The task.</param>
/// <param name="Queue">Its queue.</param>
/// <param name="State">Its state when it was read.</param>
[GenerateSerializer, Immutable, Alias("ot.TaskMatch")]
public readonly record struct TaskMatch(
    [property: Id(0)] TaskId Id,
    [property: Id(1)] string Queue,
    [property: Id(2)] TaskState State)
{
    /// <summary>Whether a cancel was asked for and the task has not ended since.</summary>
    [Id(3)] public bool IsCancelRequested { get; init; }

    /// <summary>Whether it failed because its node was lost too often.</summary>
    [Id(4)] public bool IsQuarantined { get; init; }

    /// <summary>Whether it came with secrets, which go when it ends, so that it cannot be retried.</summary>
    [Id(5)] public bool HadSecrets { get; init; }
}
