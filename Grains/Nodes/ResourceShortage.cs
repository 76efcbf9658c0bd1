using OrleansTasks.Resources;

namespace OrleansTasks.Nodes;

/// <summary>What a node has too little of, of each resource, for one more lease with certain resources.</summary>
internal sealed class ResourceShortage(ResourceVector shape, SlotTally tally)
{
    private readonly Dictionary<string, long> missing = shape.Amounts.Where(one => one.Amount > tally.FreeOf(one.Name))
        .ToDictionary(static one => one.Name, one => one.Amount - tally.FreeOf(one.Name), StringComparer.Ordinal);

    public bool IsCovered => missing.Values.All(static amount => amount <= 0);

    /// <summary>Returns whether leases with these resources would help.</summary>
    public bool IsEasedBy(ResourceVector other) => other.Amounts.Any(one => missing.GetValueOrDefault(one.Name) > 0);

    /// <summary>Counts leases that come back, if they help.</summary>
    public bool TryCover(ResourceVector other, int leases)
    {
        if (!IsEasedBy(other))
            return false;
        foreach (var one in other.Amounts)
        {
            if (missing.TryGetValue(one.Name, out var amount))
                missing[one.Name] = amount - (leases * one.Amount);
        }

        return true;
    }
}
