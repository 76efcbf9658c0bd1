namespace OrleansTasks.Tasks;

/// <summary>
/// Remembers which node received the last of some tasks that go around the nodes. The turn of a job outlives its chunks, since a
/// paced job has no open chunk at times. In memory only: after a recovery the turn begins anew.
/// </summary>
/// <param name="owner">The job whose chunks take turns; empty for the tasks of the queue.</param>
internal sealed class RingTurn(string owner)
{
    /// <summary>The job whose chunks take turns; empty for the tasks of the queue.</summary>
    public string Owner { get; } = owner;

    /// <summary>The name of the node that received the last task, which may be gone since; empty before the first.</summary>
    public string LastNode { get; set; } = "";
}
