using System.Text;

namespace OrleansTasks.Tasks;

/// <summary>
/// Shares one <see cref="Signature"/> among open tasks with equal requirements, and drops signatures without tasks.
/// </summary>
internal sealed class SignatureSet
{
    private readonly Dictionary<string, Signature> byText = new(StringComparer.Ordinal);
    private readonly List<Signature> all = [new Signature("", [], Limits.None)];

    /// <summary>In order of first use; the first asks nothing and always exists.</summary>
    public IReadOnlyList<Signature> All => all;

    public Signature Acquire(ImmutableArray<Label> requires, Limits limits, RingTurn? ring = null)
    {
        var signature = requires.IsDefaultOrEmpty && limits == Limits.None && ring is null
            ? all[0]
            : Find(requires, limits, ring);
        signature.Tasks++;
        return signature;
    }

    public void Release(Signature signature)
    {
        if (--signature.Tasks > 0 || signature == all[0])
            return;
        byText.Remove(signature.Text);
        all.Remove(signature);
    }

    private Signature Find(ImmutableArray<Label> requires, Limits limits, RingTurn? ring)
    {
        var text = new StringBuilder().Append((int)limits).Append('\0').Append(ring?.Owner);
        foreach (var label in requires.IsDefault ? [] : requires)
            text.Append('\0').Append(label.Key).Append('\0').Append(label.Value);
        var key = text.ToString();
        if (!byText.TryGetValue(key, out var signature))
        {
            signature = new Signature(key, requires.IsDefault ? [] : requires, limits, ring);
            all.Add(signature);
            byText.Add(key, signature);
        }

        return signature;
    }
}
