using OrleansTasks.Nodes;
using OrleansTasks.Tasks;

namespace OrleansTasks.Dispatch.Table;

/// <summary>
/// What tasks ask of a node: labels, the ability to enforce limits, and for runs of data jobs' chunks the ability to
/// evaluate chunks. All open tasks of a queue that ask the same share one signature, which has the queues of those
/// that are ready; a job with a turn of its own (<see cref="Ring"/>) has its own signature. <see cref="Matching"/>
/// passes over all tasks of a signature at once while no node with room meets it. <see cref="SignatureSet"/> makes
/// signatures, and drops them when their last task is no longer open. Signatures are compared by reference.
/// </summary>
internal sealed class Signature(
    string text, ImmutableArray<Label> requires, Limits limits, bool isOfChunks = false, RingTurn? ring = null)
{
    /// <summary>Priorities are 0 to 9.</summary>
    private const int Priorities = 10;

    /// <summary>The key by which <see cref="SignatureSet"/> finds the signature.</summary>
    public string Text { get; } = text;

    /// <summary>The labels that a node must carry, all of them.</summary>
    public ImmutableArray<Label> Requires { get; } = requires;

    /// <summary>The kinds of limits (flags) that a node must be able to enforce.</summary>
    public Limits Limits { get; } = limits;

    /// <summary>
    /// Whether the tasks are chunk runs, which a node must be able to evaluate; not every worker can.
    /// </summary>
    public bool IsOfChunks { get; } = isOfChunks;

    /// <summary>
    /// For chunks of a job that asks for round robin: which node had the job's last chunk, so that the next goes to the
    /// node after it. Null for all other tasks: they are placed by the queue's setting.
    /// </summary>
    public RingTurn? Ring { get; } = ring;

    /// <summary>Whether every node meets the signature.</summary>
    public bool AsksNothing => Requires.IsEmpty && Limits == Limits.None && !IsOfChunks;

    /// <summary>
    /// How many open tasks share the signature, in whatever state. Only <see cref="SignatureSet"/> changes it.
    /// </summary>
    public int Tasks { get; set; }

    /// <summary>
    /// The ready (queued) tasks, by priority; null where there has been none.
    /// Only <see cref="ReadyIndex"/> changes them.
    /// </summary>
    public ReadyQueue?[] Ready { get; } = new ReadyQueue?[Priorities];

    /// <summary>
    /// How many tasks are ready, at all priorities together. Only <see cref="ReadyIndex"/> changes it.
    /// </summary>
    public int ReadyCount { get; set; }

    /// <summary>
    /// Whether a node meets the signature by its labels and abilities, whether or not it accepts work and has room.
    /// Only <see cref="DispatchNode.Meets"/> calls this, and remembers the answer.
    /// </summary>
    public bool IsMetBy(FleetNode node)
    {
        if ((Limits & ~node.Enforces) != 0 || (IsOfChunks && !node.EvaluatesChunks))
            return false;
        foreach (var label in Requires)
        {
            if (!node.Labels.Contains(label))
                return false;
        }

        return true;
    }
}
