using System.Text;
using OrleansTasks.Tasks;

namespace OrleansTasks.Dispatch.Table;

/// <summary>
/// Gives open tasks that ask the same of a node one shared <see cref="Signature"/>, and drops a signature when its last
/// task is no longer open. A chunk run (one execution of a data job's chunk) counts as a task here.
/// <see cref="OpenTasks"/> acquires a signature for each task that it takes in, and releases the signature once when it
/// removes the task. Labels in another order make another signature: that costs memory, and does no harm.
/// </summary>
internal sealed class SignatureSet
{
    private readonly Dictionary<string, Signature> byText = new(StringComparer.Ordinal);

    // These two are never dropped and are not in byText. Nearly all tasks and chunk runs have one of them: no key is
    // built.
    private readonly Signature plain = new("", [], Limits.None);
    private readonly Signature plainChunk = new("c", [], Limits.None, isOfChunks: true);
    private readonly List<Signature> all;

    public SignatureSet() => all = [plain, plainChunk];

    /// <summary>
    /// All signatures, in order of first use; the first two always exist. <see cref="Acquire"/>,
    /// <see cref="AcquireForChunk"/> and <see cref="Release"/> change the list: do not call them while enumerating it.
    /// </summary>
    public IReadOnlyList<Signature> All => all;

    /// <summary>Returns the signature of a task that has become open, and counts the task.</summary>
    /// <param name="requires">The labels that its node must carry; a default array is the same as an empty one.</param>
    /// <param name="limits">The kinds of limits that its node must enforce.</param>
    public Signature Acquire(ImmutableArray<Label> requires, Limits limits) =>
        AddTask(requires.IsDefaultOrEmpty && limits == Limits.None
            ? plain
            : FindOrCreate(requires, limits, isOfChunks: false, ring: null));

    /// <summary>Returns the signature of a new run of a chunk, and counts the run.</summary>
    /// <param name="requires">The labels that its node must carry; a default array is the same as an empty one.</param>
    /// <param name="ring">
    /// The turn of a job whose chunks go to the nodes one after the other: it remembers which node had the last chunk.
    /// Null for any other job. Every chunk of a job brings the same object.
    /// </param>
    public Signature AcquireForChunk(ImmutableArray<Label> requires, RingTurn? ring) =>
        AddTask(requires.IsDefaultOrEmpty && ring is null
            ? plainChunk
            : FindOrCreate(requires, Limits.None, isOfChunks: true, ring));

    /// <summary>
    /// The task that acquired the signature is no longer open. Called once for each task, after the task has left the
    /// ready queue, since a signature has the ready queues of its tasks and is dropped with them.
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
        // No part of the key contains NUL, so different demands have different keys. A job's id stands for its turn.
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
