using OrleansTasks.Nodes;

namespace OrleansTasks.Tasks;

/// <summary>What tasks ask of a node. Open tasks that ask the same share one.</summary>
internal sealed class Signature(string text, ImmutableArray<Label> requires, Limits limits, RingTurn? ring = null)
{
    private const int Priorities = 10;

    public string Text { get; } = text;

    public ImmutableArray<Label> Requires { get; } = requires;

    public Limits Limits { get; } = limits;

    /// <summary>
    /// How far its tasks have gone around the nodes; null when they go where the queue's placement says.
    /// </summary>
    public RingTurn? Ring { get; } = ring;

    public bool AsksNothing => Requires.IsEmpty && Limits == Limits.None;

    /// <summary>How many open tasks share it.</summary>
    public int Tasks { get; set; }

    /// <summary>The ready tasks, by priority.</summary>
    public ReadyQueue?[] Ready { get; } = new ReadyQueue?[Priorities];

    /// <summary>How many tasks are ready, at all priorities.</summary>
    public int ReadyCount { get; set; }

    /// <summary>Whether a node with these labels and abilities will do.</summary>
    public bool IsMetBy(FleetNode node)
    {
        if ((Limits & ~node.Enforces) != 0)
            return false;
        foreach (var label in Requires)
        {
            if (!node.Labels.Contains(label))
                return false;
        }

        return true;
    }
}
