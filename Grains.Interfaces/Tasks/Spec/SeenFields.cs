namespace OrleansTasks.Tasks.Spec;

/// <summary>Which names an object has had so far: known ones by index in a bit each, others in a set made when
/// needed.</summary>
public struct SeenFields
{
    private const int FewNames = 8;
    private ulong known;
    private List<string>? few;
    private HashSet<string>? many;

    /// <summary>Notes a known field; false when it has come before.</summary>
    public bool Known(int field)
    {
        var bit = 1UL << field;
        if ((known & bit) != 0)
            return false;
        known |= bit;
        return true;
    }

    /// <summary>Whether a known field has come.</summary>
    public readonly bool Has(int field) => (known & (1UL << field)) != 0;

    /// <summary>Notes any other name; false when it has come before.</summary>
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
