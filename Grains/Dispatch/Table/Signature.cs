using System.Text;
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

/// <summary>
/// Gives open tasks and chunk runs with the same requirements one shared <see cref="Signature"/>, and drops it with its
/// last task. The same labels in another order make another signature, which costs only memory. A queue may have tasks
/// pinned to thousands of nodes, so pinned signatures are found by their node and never searched.
/// </summary>
internal sealed class SignatureSet
{
    private readonly Dictionary<string, Signature> byText = new(StringComparer.Ordinal);

    // Never dropped, and not in byText: nearly all tasks and chunk runs have one of these and need no key.
    private readonly Signature plain;
    private readonly Signature plainChunk;
    private readonly IsolationFloor floor = new();
    private readonly List<Signature> shared;
    private readonly Dictionary<string, SignatureGroup> groups = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<Signature>> pinned = new(StringComparer.Ordinal);

    public SignatureSet()
    {
        plain = new Signature("", [], Limits.None, floor);
        plainChunk = new Signature("c", [], Limits.None, floor, isOfChunks: true);
        shared = [plain, plainChunk];
    }

    /// <summary>What every task needs besides. Whoever changes it has nodes forget their answers.</summary>
    public Limits Floor
    {
        get => floor.Needs;
        set => floor.Needs = value;
    }

    /// <summary>
    /// The signatures that more than one node may meet, in order of first use. Do not acquire or release while
    /// enumerating.
    /// </summary>
    public IReadOnlyList<Signature> Shared => shared;

    /// <summary>How many signatures ask for resources.</summary>
    public int ShapedCount { get; private set; }

    /// <summary>The nodes that have pinned signatures.</summary>
    public Dictionary<string, List<Signature>>.KeyCollection PinnedNodes => pinned.Keys;

    /// <summary>All signatures: the shared ones first. Takes time in proportion to the pinned nodes.</summary>
    public IEnumerable<Signature> All => shared.Concat(Pinned);

    /// <summary>The pinned signatures of all nodes.</summary>
    public IEnumerable<Signature> Pinned => pinned.Values.SelectMany(static signatures => signatures);

    /// <summary>Returns the signatures that only this node may meet.</summary>
    public IReadOnlyList<Signature> PinnedTo(string node) =>
        pinned.TryGetValue(node, out var signatures) ? signatures : [];

    /// <summary>
    /// Returns the signature of a newly open task, and counts the task. Default labels mean none.
    /// <paramref name="lasts"/> is how long it runs at most, in milliseconds, or 0; it counts only with a shape.
    /// </summary>
    public Signature Acquire(
        ImmutableArray<Label> requires, Limits limits, ResourceVector? shape = null, long lasts = 0) =>
        AddTask(requires.IsDefaultOrEmpty && limits == Limits.None && shape is null or { IsEmpty: true }
            ? plain
            : FindOrCreate(requires, limits, isOfChunks: false, ring: null, shape ?? ResourceVector.None, lasts));

    /// <summary>
    /// Returns the signature of a new chunk run, and counts the run. <paramref name="ring"/> is null unless the job
    /// asks for round robin; every chunk of a job passes the same object.
    /// </summary>
    public Signature AcquireForChunk(
        ImmutableArray<Label> requires, Limits limits, RingTurn? ring, ResourceVector shape) =>
        AddTask(requires.IsDefaultOrEmpty && ring is null && limits == Limits.None && shape.IsEmpty
            ? plainChunk
            : FindOrCreate(requires, limits, isOfChunks: true, ring, shape));

    /// <summary>
    /// Moves a task that is in no ready queue to the signature that differs only in its resources, which are not empty.
    /// </summary>
    public Signature Reshape(Signature signature, ResourceVector shape)
    {
        var other = Acquire(signature.Requires, signature.OwnLimits, shape, signature.Lasts);
        Release(signature);
        return other;
    }

    /// <summary>
    /// Stops counting a task. Call it once, after the task has left its ready queue, which the last call may drop.
    /// </summary>
    public void Release(Signature signature)
    {
        if (--signature.Tasks > 0 || signature == plain || signature == plainChunk)
            return;
        byText.Remove(signature.Text);
        if (signature.Group is { } group)
        {
            ShapedCount--;
            group.Members.Remove(signature);
            if (group.Members.Count == 0)
                groups.Remove(group.Text);
        }

        if (signature.Pin is not { } node)
            shared.Remove(signature);
        else if (pinned[node] is { Count: > 1 } several)
            several.Remove(signature);
        else
            pinned.Remove(node);
    }

    private static Signature AddTask(Signature signature)
    {
        signature.Tasks++;
        return signature;
    }

    private Signature FindOrCreate(
        ImmutableArray<Label> requires, Limits limits, bool isOfChunks, RingTurn? ring, ResourceVector shape,
        long lasts = 0)
    {
        // No part of the key contains NUL, so different requirements have different keys. A turn is keyed by job id.
        var text = new StringBuilder().Append((int)limits).Append(isOfChunks ? "c\0" : "\0").Append(ring?.Owner).Append('\0').Append(shape.IsEmpty ? "" : shape.ToString());
        foreach (var label in requires.IsDefault ? [] : requires)
            text.Append('\0').Append(label.Key).Append('\0').Append(label.Value);
        var groupText = text.ToString();
        var bound = shape.IsEmpty ? long.MaxValue : SignatureGroup.RoundUp(lasts);
        var key = shape.IsEmpty ? groupText : text.Append('\0').Append(bound).ToString();
        if (!byText.TryGetValue(key, out var signature))
        {
            var group = shape.IsEmpty ? null : GroupOf(groupText);
            signature = new Signature(
                key, requires.IsDefault ? [] : requires, limits, floor, isOfChunks, ring, shape, group, bound);
            if (group is not null)
            {
                ShapedCount++;
                group.Members.Add(signature);
            }

            ListFor(signature).Add(signature);
            byText.Add(key, signature);
        }

        return signature;
    }

    private SignatureGroup GroupOf(string text)
    {
        if (!groups.TryGetValue(text, out var group))
            groups.Add(text, group = new SignatureGroup(text));
        return group;
    }

    private List<Signature> ListFor(Signature signature)
    {
        if (signature.Pin is not { } node)
            return shared;
        if (!pinned.TryGetValue(node, out var signatures))
            pinned.Add(node, signatures = []);
        return signatures;
    }
}
