
namespace OrleansTasks.Dispatch.Assignment;

/// <summary>
/// The position of a round robin over the nodes (<see cref="NodeRanks.NextInTurn"/>). A queue has one for its tasks;
/// each round-robin job has one for its chunks and keeps it while no chunk is open. In memory only: after a restart,
/// every turn begins with the first node by name. <paramref name="owner"/> is the job's id, or empty for a queue.
/// </summary>
internal sealed class RingTurn(string owner)
{
    public string Owner { get; } = owner;

    /// <summary>The node that received the last task, even if it has left since; empty before the first task.</summary>
    public string LastNode { get; set; } = "";
}
