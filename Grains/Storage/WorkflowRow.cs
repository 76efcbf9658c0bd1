using OrleansTasks.Tasks;
using OrleansTasks.Workflows;

namespace OrleansTasks.Storage;

/// <summary>
/// A workflow as the store has it, without its nodes. The task of node i has the number <see cref="No"/> + 1 + i in the
/// same queue. The parameters never change. Times are Unix milliseconds; 0 means not set.
/// </summary>
/// <param name="No">The workflow's number in its queue.</param>
/// <param name="Id">Its id, which tells when it was created. Also the batch of its tasks.</param>
/// <param name="Count">How many nodes it has.</param>
/// <param name="Name">For people.</param>
/// <param name="Labels">Its own labels; sorted by key.</param>
public sealed record WorkflowRow(long No, TaskId Id, int Count, string Name, ImmutableArray<Label> Labels)
{
    /// <summary>Its state.</summary>
    public WorkflowState State { get; init; }

    /// <summary>1, and one more with each retry.</summary>
    public int Run { get; init; } = 1;

    /// <summary>When its last node ended.</summary>
    public long EndedAt { get; init; }

    /// <summary>When somebody cancelled it; 0 again after a retry.</summary>
    public long CancelRequestedAt { get; init; }

    /// <summary>Whether it was cancelled twice, which cancels nodes that clean up, too.</summary>
    public bool CancelsAll { get; init; }

    /// <summary>Whether the number of a task in its queue is that of a node.</summary>
    public bool Has(long taskNo) => taskNo > No && taskNo <= No + Count;
}
