using OrleansTasks.Nodes;
using OrleansTasks.Resources;
using OrleansTasks.Tasks;

namespace OrleansTasks.Dispatch.Table;

/// <summary>
/// What tasks require of a node: labels, limits to enforce, resources, and, for chunk runs, the ability to evaluate chunks. All
/// open tasks of a queue with the same requirements share one signature, which holds their ready queues; a job with its
/// own turn (<see cref="Ring"/>) has its own signature. <see cref="Matching"/> skips all tasks of a signature at once
/// while no node with room meets it. <see cref="SignatureSet"/> creates and drops signatures, which are compared by
/// reference.
/// </summary>
internal sealed class Signature(
    string text, ImmutableArray<Label> requires, Limits limits, IsolationFloor floor, bool isOfChunks = false,
    RingTurn? ring = null, ResourceVector? shape = null, SignatureGroup? group = null, long lasts = long.MaxValue)
{
    private const int Priorities = 10;
    private readonly bool asksForHandler = requires.Any(static label => label.NamesHandler);

    /// <summary>The key in <see cref="SignatureSet"/>.</summary>
    public string Text { get; } = text;

    public ImmutableArray<Label> Requires { get; } = requires;

    /// <summary>
    /// The node that the label <see cref="NodeNames.IdLabel"/> requires, the only one that can meet the signature; null
    /// if none is required.
    /// </summary>
    public string? Pin { get; } = PinOf(requires);

    /// <summary>
    /// What a node must be able to do (flags): the kinds of limits to enforce, and what the queue asks for every task.
    /// </summary>
    public Limits Limits => limits.With(floor.Needs);

    /// <summary>The kinds of limits that the tasks themselves ask for.</summary>
    public Limits OwnLimits => limits;

    /// <summary>What each task needs of its node besides a slot.</summary>
    public ResourceVector Shape { get; } = shape ?? ResourceVector.None;

    /// <summary>The signatures that ask the same of a node; null without resources.</summary>
    public SignatureGroup? Group { get; } = group;

    /// <summary>
    /// How long each task runs at most, in milliseconds; <see cref="long.MaxValue"/> if unknown or without resources. A
    /// short task may use what a node keeps for a larger one (<see cref="NodeGrant.Allows"/>).
    /// </summary>
    public long Lasts { get; } = lasts;

    /// <summary>Whether the tasks are chunk runs, which not every worker can evaluate.</summary>
    public bool IsOfChunks { get; } = isOfChunks;

    /// <summary>
    /// The turn of a round-robin job, whose next chunk goes to the node after that of the last one. Null for all other
    /// tasks, which are placed by the queue's setting.
    /// </summary>
    public RingTurn? Ring { get; } = ring;

    /// <summary>Whether every node meets the signature, except nodes that only run handlers.</summary>
    public bool AsksNothing => Requires.IsEmpty && Limits == Limits.None && !IsOfChunks && Shape.IsEmpty;

    /// <summary>How many open tasks share the signature. Only <see cref="SignatureSet"/> changes it.</summary>
    public int Tasks { get; set; }

    /// <summary>
    /// The ready tasks by priority; null where there were none yet. Only <see cref="ReadyIndex"/> changes them.
    /// </summary>
    public ReadyQueue?[] Ready { get; } = new ReadyQueue?[Priorities];

    public int ReadyCount { get; set; }

    /// <summary>Whether tasks were ready when the meters were last read (<see cref="Forecasts"/>).</summary>
    public bool HasBacklog { get; set; }

    /// <summary>How fast tasks of the signature start while others are ready. A field, because its methods change it.</summary>
    public StartMeter Starts;

    /// <summary>
    /// Returns whether a node meets the signature, with or without room. <see cref="DispatchNode.Meets"/> caches this.
    /// </summary>
    public bool IsMetBy(FleetNode node) => IsMetBy(node, Shape);

    /// <summary>As <see cref="IsMetBy(FleetNode)"/>, for tasks that ask for other resources.</summary>
    public bool IsMetBy(FleetNode node, ResourceVector shape)
    {
        if ((Limits & ~node.Enforces) != 0 || (IsOfChunks && !node.EvaluatesChunks))
            return false;
        if (node.TakesHandlersOnly && !asksForHandler)
            return false;
        if (!shape.FitsIn(node.Offers))
            return false;
        foreach (var label in Requires)
        {
            if (!node.Labels.Contains(label))
                return false;
        }

        return true;
    }

    private static string? PinOf(ImmutableArray<Label> requires)
    {
        foreach (var label in requires)
        {
            if (label.Key == NodeNames.IdLabel)
                return label.Value;
        }

        return null;
    }
}

/// <summary>
/// What a queue's setting adds to the needs of all its tasks, chunk runs included, at any time: a task that was queued
/// before the setting starts no differently from one that came after.
/// </summary>
internal sealed class IsolationFloor
{
    public Limits Needs { get; set; }
}
