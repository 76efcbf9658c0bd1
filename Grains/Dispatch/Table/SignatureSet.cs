using System.Text;
using OrleansTasks.Tasks;

namespace OrleansTasks.Dispatch.Table;

/// <summary>
/// Gives open tasks and chunk runs with the same requirements one shared <see cref="Signature"/>, and drops it with its
/// last task. The same labels in another order make another signature, which costs only memory.
/// </summary>
internal sealed class SignatureSet
{
    private readonly Dictionary<string, Signature> byText = new(StringComparer.Ordinal);

    // Never dropped, and not in byText: nearly all tasks and chunk runs have one of these and need no key.
    private readonly Signature plain = new("", [], Limits.None);
    private readonly Signature plainChunk = new("c", [], Limits.None, isOfChunks: true);
    private readonly List<Signature> all;

    public SignatureSet() => all = [plain, plainChunk];

    /// <summary>All signatures, in order of first use. Do not acquire or release while enumerating.</summary>
    public IReadOnlyList<Signature> All => all;

    /// <summary>Returns the signature of a newly open task, and counts the task. Default labels mean none.</summary>
    public Signature Acquire(ImmutableArray<Label> requires, Limits limits) =>
        AddTask(requires.IsDefaultOrEmpty && limits == Limits.None
            ? plain
            : FindOrCreate(requires, limits, isOfChunks: false, ring: null));

    /// <summary>
    /// Returns the signature of a new chunk run, and counts the run. <paramref name="ring"/> is null unless the job
    /// asks for round robin; every chunk of a job passes the same object.
    /// </summary>
    public Signature AcquireForChunk(ImmutableArray<Label> requires, RingTurn? ring) =>
        AddTask(requires.IsDefaultOrEmpty && ring is null
            ? plainChunk
            : FindOrCreate(requires, Limits.None, isOfChunks: true, ring));

    /// <summary>
    /// Stops counting a task. Call it once, after the task has left its ready queue, which the last call may drop.
    /// </summary>
    public void Release(Signature signature)
    {
        if (--signature.Tasks > 0 || signature == plain || signature == plainChunk)
            return;
        byText.Remove(signature.Text);
        all.Remove(signature);
    }

    private static Signature AddTask(Signature signature)
    {
        signature.Tasks++;
        return signature;
    }

    private Signature FindOrCreate(ImmutableArray<Label> requires, Limits limits, bool isOfChunks, RingTurn? ring)
    {
        // No part of the key contains NUL, so different requirements have different keys. A turn is keyed by job id.
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
