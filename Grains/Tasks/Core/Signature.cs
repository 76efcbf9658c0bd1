using OrleansTasks.Nodes;

namespace OrleansTasks.Tasks;

/// <summary>
/// What tasks ask of a node, with the queues of those that are ready. Open tasks that ask the same share one, which
/// <see cref="SignatureSet"/> makes: signatures are compared by reference.
/// </summary>
internal sealed class Signature(
    string text, ImmutableArray<Label> requires, Limits limits, bool isOfChunks = false, RingTurn? ring = null)
{
    private const int Priorities = 10;

    /// <summary>The key of the signature in its set; empty for the one that asks nothing.</summary>
    public string Text { get; } = text;

    /// <summary>The labels that a node must carry, all of them.</summary>
    public ImmutableArray<Label> Requires { get; } = requires;

    /// <summary>The kinds of limits that a node must be able to enforce.</summary>
    public Limits Limits { get; } = limits;

    /// <summary>Whether the tasks are chunks of data jobs, which a node must be able to evaluate.</summary>
    public bool IsOfChunks { get; } = isOfChunks;

    /// <summary>
    /// Which node received the last chunk of a job whose chunks take turns; null for all other tasks, which go where the queue's placement
    /// says.
    /// </summary>
    public RingTurn? Ring { get; } = ring;

    /// <summary>Whether every node will do.</summary>
    public bool AsksNothing => Requires.IsEmpty && Limits == Limits.None && !IsOfChunks;

    /// <summary>How many open tasks share it, queued or not. Only <see cref="SignatureSet"/> changes it.</summary>
    public int Tasks { get; set; }

    /// <summary>The ready tasks, by priority; null where there has been none. Only <see cref="ReadyIndex"/> changes them.</summary>
    public ReadyQueue?[] Ready { get; } = new ReadyQueue?[Priorities];

    /// <summary>How many tasks are ready, at all priorities. Only <see cref="ReadyIndex"/> changes it.</summary>
    public int ReadyCount { get; set; }

    /// <summary>
    /// Whether a node with these labels and abilities will do. <see cref="DispatchNode.Meets"/> remembers the answer.
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
