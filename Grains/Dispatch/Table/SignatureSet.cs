using System.Text;
using OrleansTasks.Resources;
using OrleansTasks.Tasks;

namespace OrleansTasks.Dispatch.Table;

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
