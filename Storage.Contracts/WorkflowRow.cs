using OrleansTasks.Tasks;
using OrleansTasks.Workflows;

namespace OrleansTasks.Storage;

/// <summary>
/// A workflow without its nodes. The task of node i has the number <see cref="No"/> + 1 + i. The parameters never
/// change. The id is also the batch of the tasks. Times are Unix milliseconds; 0 means not set.
/// </summary>
public sealed record WorkflowRow(long No, TaskId Id, int Count, string Name, ImmutableArray<Label> Labels)
{
    /// <summary>The workflow's state.</summary>
    public WorkflowState State { get; init; }

    /// <summary>The run number, from 1; each retry adds one.</summary>
    public int Run { get; init; } = 1;

    /// <summary>When the last node ended.</summary>
    public long EndedAt { get; init; }

    /// <summary>When a caller cancelled the workflow. A retry resets it to 0.</summary>
    public long CancelRequestedAt { get; init; }

    /// <summary>Whether the workflow was cancelled twice, which also cancels nodes that clean up.</summary>
    public bool CancelsAll { get; init; }

    /// <summary>Returns whether a task number of the queue belongs to one of the nodes.</summary>
    public bool Has(long taskNo) => taskNo > No && taskNo <= No + Count;
}
