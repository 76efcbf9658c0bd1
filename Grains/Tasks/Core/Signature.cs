using OrleansTasks.Nodes;

namespace OrleansTasks.Tasks;

/// <summary>
/// What tasks ask of a node: labels, limits, and for chunks of data jobs the ability to evaluate them and their job's
/// turn around the nodes. All open tasks that ask the same share one signature, which has the queues of those that are
/// ready. So <see cref="Matching"/> passes over all of them at once while no node with room would do.
/// <see cref="SignatureSet"/> makes and drops signatures. They are compared by reference.
/// </summary>
internal sealed class Signature(
    string text, ImmutableArray<Label> requires, Limits limits, bool isOfChunks = false, RingTurn? ring = null)
{
    /// <summary>Priorities are 0 to 9.</summary>
    private const int Priorities = 10;

    /// <summary>The key in the <see cref="SignatureSet"/>.</summary>
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
    /// The turn of the job whose chunks go around the nodes. Null for all other tasks: they are placed by the queue's
    /// setting, which may be a turn of the whole queue.
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
    /// Whether a node meets the signature by its labels and abilities. Whether it accepts work and has room is not
    /// looked at. Callers ask <see cref="DispatchNode.Meets"/>, which remembers the answer.
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
