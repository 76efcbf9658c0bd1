namespace OrleansTasks.Tasks.Spec;

/// <summary>
/// The names that an object has had so far: known fields as one bit each, other names in a list or set.
/// </summary>
public struct SeenFields
{
    private const int FewNames = 8;
    private ulong known;
    private List<string>? few;
    private HashSet<string>? many;

    /// <summary>Records a known field. Returns false if the object already had it.</summary>
    public bool Known(int field)
    {
        var bit = 1UL << field;
        if ((known & bit) != 0)
            return false;
        known |= bit;
        return true;
    }

    /// <summary>Returns whether the object has had a known field.</summary>
    public readonly bool Has(int field) => (known & (1UL << field)) != 0;

    /// <summary>Records any other name. Returns false if the object already had it.</summary>
    public bool Unknown(string name)
    {
        if (many is not null)
            return many.Add(name);
        few ??= [];
        if (few.Contains(name))
            return false;
        few.Add(name);
        if (few.Count > FewNames)
            many = [.. few];
        return true;
    }
}
