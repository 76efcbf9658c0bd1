
namespace OrleansTasks.Dispatch.Assignment;

/// <summary>
/// How far a round-robin over the nodes has come: the node that received the last task.
/// The next task goes to the next node by name (<see cref="NodeRanks.NextInTurn"/>), and <see cref="Matching"/> then
/// sets <see cref="LastNode"/>. A queue with round-robin placement has one turn for its tasks. Each
/// round-robin job has one of its own for its chunks. <see cref="DispatchJob"/> keeps a job's turn until the job ends,
/// also while no chunk is open. In memory only: after a restart of the dispatcher, every turn begins with the first
/// node by name.
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
