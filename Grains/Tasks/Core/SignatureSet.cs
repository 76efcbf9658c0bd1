using System.Text;

namespace OrleansTasks.Tasks;

/// <summary>
/// Shares one <see cref="Signature"/> among open tasks with equal requirements, and drops signatures without tasks. The same labels in
/// another order make another signature: that costs memory and is not wrong.
/// </summary>
internal sealed class SignatureSet
{
    private readonly Dictionary<string, Signature> byText = new(StringComparer.Ordinal);
    private readonly List<Signature> all = [new Signature("", [], Limits.None)];

    /// <summary>
    /// All signatures, in order of first use. The first asks nothing and always exists. <see cref="Acquire"/> and <see cref="Release"/>
    /// change the list, so neither may be called while it is enumerated.
    /// </summary>
    public IReadOnlyList<Signature> All => all;

    /// <summary>Gives the signature of a task that has become open; once for each task.</summary>
    /// <param name="requires">The labels that its node must carry; default is the same as none.</param>
    /// <param name="limits">The kinds of limits that its node must enforce.</param>
    public Signature Acquire(ImmutableArray<Label> requires, Limits limits) =>
        Count(requires.IsDefaultOrEmpty && limits == Limits.None ? all[0] : Find(requires, limits, isOfChunks: false, ring: null));

    /// <summary>Gives the signature of a run of a chunk; once for each run.</summary>
    /// <param name="requires">The labels that its node must carry; default is the same as none.</param>
    /// <param name="ring">The turn of its job's chunks; null when they take none. All chunks of a job bring the same object.</param>
    public Signature AcquireForChunk(ImmutableArray<Label> requires, RingTurn? ring) =>
        Count(Find(requires, Limits.None, isOfChunks: true, ring));

    /// <summary>The task that acquired the signature is open no more; once for each task, after it has left the ready queue.</summary>
    public void Release(Signature signature)
    {
        if (--signature.Tasks > 0 || signature == all[0])
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
