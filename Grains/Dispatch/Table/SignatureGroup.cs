using System.Numerics;

namespace OrleansTasks.Dispatch.Table;

/// <summary>
/// Signatures with resources that differ only in how long their tasks run at most (<see cref="Signature.Lasts"/>). For
/// a node they are the same, so the queue asks for slots and reserves for all of them together.
/// <see cref="SignatureSet"/> adds and removes signatures.
/// </summary>
internal sealed class SignatureGroup(string text)
{
    // Eight steps for each doubling: a bound is at most an eighth too long.
    private const int Steps = 8;

    /// <summary>The key in <see cref="SignatureSet"/>.</summary>
    public string Text { get; } = text;

    /// <summary>The signatures, in order of first use.</summary>
    public List<Signature> Members { get; } = [];

    /// <summary>
    /// The node that keeps for these tasks what becomes free, because the first of them has waited long; null for none.
    /// </summary>
    public string? ReservedAt { get; set; }

    /// <summary>
    /// Returns whether a signature stands for its group, so that a pass over all signatures meets each group once.
    /// </summary>
    public bool IsFirst(Signature signature) => Members[0] == signature;

    /// <summary>How many ready tasks there are.</summary>
    public int CountReady() => Members.Sum(static member => member.ReadyCount);

    /// <summary>Returns how long the shortest of the ready tasks runs at most, in milliseconds; 0 if unknown.</summary>
    public long Shortest()
    {
        var shortest = long.MaxValue;
        foreach (var member in Members)
        {
            if (member.ReadyCount > 0)
                shortest = Math.Min(shortest, member.Lasts);
        }

        return shortest == long.MaxValue ? 0 : shortest;
    }

    /// <summary>
    /// Rounds a time up, so that a queue whose tasks all have different timeouts has few signatures.
    /// <see cref="long.MaxValue"/>, for unknown, stays.
    /// </summary>
    public static long RoundUp(long milliseconds)
    {
        if (milliseconds is <= 0 or > long.MaxValue / 2)
            return long.MaxValue;
        var step = Math.Max(1, (long)BitOperations.RoundUpToPowerOf2((ulong)milliseconds) / 2 / Steps);
        return (milliseconds + step - 1) / step * step;
    }
}
