namespace OrleansTasks.Tasks;

/// <summary>
/// How far a round-robin over the nodes has come: the node that received the last task.
/// The next task goes to the next node by name (<see cref="NodeRanks.NextInTurn"/>), and <see cref="Matching"/> then
/// sets <see cref="LastNode"/>. A queue with round-robin placement has one turn, and each round-robin job has its own
/// for its chunks. A job's turn belongs to its <see cref="DispatchJob"/> and not to its chunks, since a paced job has
/// no open chunk at times. In memory only: after a recovery of the partition, every turn begins with the first node.
/// </summary>
/// <param name="owner">The id of the job whose chunks take turns; empty for the queue's turn.</param>
internal sealed class RingTurn(string owner)
{
    /// <summary>The id of the job whose chunks take turns; empty for the queue's turn.</summary>
    public string Owner { get; } = owner;

    /// <summary>
    /// The id of the node that received the last task, which may have left since; empty before the first.
    /// </summary>
    public string LastNode { get; set; } = "";
}
