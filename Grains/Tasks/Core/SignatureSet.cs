using System.Text;

namespace OrleansTasks.Tasks;

/// <summary>
/// Shares one <see cref="Signature"/> among open tasks with equal requirements, and drops signatures without tasks. The same labels in
/// another order make another signature: that costs memory and is not wrong.
/// </summary>
internal sealed class SignatureSet
{
    private readonly Dictionary<string, Signature> byText = new(StringComparer.Ordinal);
    private readonly Signature plain = new("", [], Limits.None);

    // What chunks of most jobs ask. A key for each of their runs would be work on a hot path.
    private readonly Signature plainChunk = new("c", [], Limits.None, isOfChunks: true);
    private readonly List<Signature> all;

    public SignatureSet() => all = [plain, plainChunk];

    /// <summary>
    /// All signatures, in order of first use; the first two always exist. <see cref="Acquire"/>, <see cref="AcquireForChunk"/> and <see cref="Release"/>
    /// change the list, so neither may be called while it is enumerated.
    /// </summary>
    public IReadOnlyList<Signature> All => all;

    /// <summary>Gives the signature of a task that has become open; once for each task.</summary>
    /// <param name="requires">The labels that its node must carry; default is the same as none.</param>
    /// <param name="limits">The kinds of limits that its node must enforce.</param>
    public Signature Acquire(ImmutableArray<Label> requires, Limits limits) =>
        Count(requires.IsDefaultOrEmpty && limits == Limits.None
            ? plain
            : Find(requires, limits, isOfChunks: false, ring: null));

    /// <summary>Gives the signature of a run of a chunk; once for each run.</summary>
    /// <param name="requires">The labels that its node must carry; default is the same as none.</param>
    /// <param name="ring">The turn of its job's chunks; null when they take none. All chunks of a job bring the same object.</param>
    public Signature AcquireForChunk(ImmutableArray<Label> requires, RingTurn? ring) =>
        Count(requires.IsDefaultOrEmpty && ring is null ? plainChunk : Find(requires, Limits.None, isOfChunks: true, ring));

    /// <summary>The task that acquired the signature is open no more; once for each task, after it has left the ready queue.</summary>
    public void Release(Signature signature)
    {
        if (--signature.Tasks > 0 || signature == plain || signature == plainChunk)
            return;
        byText.Remove(signature.Text);
        all.Remove(signature);
    }

    private static Signature Count(Signature signature)
    {
        signature.Tasks++;
        return signature;
    }

    private Signature Find(ImmutableArray<Label> requires, Limits limits, bool isOfChunks, RingTurn? ring)
    {
        var text = new StringBuilder().Append((int)limits).Append(isOfChunks ? "c\0" : "\0").Append(ring?.Owner);
        foreach (var label in requires.IsDefault ? [] : requires)
            text.Append('\0').Append(label.Key).Append('\0').Append(label.Value);
        var key = text.ToString();
        if (!byText.TryGetValue(key, out var signature))
        {
            signature = new Signature(key, requires.IsDefault ? [] : requires, limits, isOfChunks, ring);
            all.Add(signature);
            byText.Add(key, signature);
        }

        return signature;
    }
}
