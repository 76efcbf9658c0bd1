using OrleansTasks.Tasks;
using OrleansTasks.Workflows;

namespace OrleansTasks.Storage;

/// <summary>
/// A workflow without its nodes; node i's task has number <see cref="No"/> + 1 + i. The parameters never change. The id
/// is also the tasks' batch. Times are Unix milliseconds; 0 means not set.
/// </summary>
public sealed record WorkflowRow(long No, TaskId Id, int Count, string Name, ImmutableArray<Label> Labels)
{
    /// <summary>The workflow's state.</summary>
    public WorkflowState State { get; init; }

    /// <summary>Counts runs from 1; each retry adds one.</summary>
    public int Run { get; init; } = 1;

    /// <summary>When the last node ended.</summary>
    public long EndedAt { get; init; }

    /// <summary>When a caller cancelled it; a retry resets it to 0.</summary>
    public long CancelRequestedAt { get; init; }

    /// <summary>Whether it was cancelled twice, which also cancels nodes that clean up.</summary>
    public bool CancelsAll { get; init; }

    /// <summary>Whether a task number of the queue belongs to a node.</summary>
    public bool Has(long taskNo) => taskNo > No && taskNo <= No + Count;
}
