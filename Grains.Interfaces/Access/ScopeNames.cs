namespace OrleansTasks.Access;

/// <summary>Scopes as people write them: <c>read,submit</c>.</summary>
public static class ScopeNames
{
    /// <summary>Every name, for messages.</summary>
    public const string All = "read, submit, operate, admin";

    private static readonly ImmutableArray<(Scopes Scope, string Name)> Names =
        [(Scopes.Read, "read"), (Scopes.Submit, "submit"), (Scopes.Operate, "operate"), (Scopes.Admin, "admin")];

    /// <summary>Every name, in the order of <see cref="All"/>.</summary>
    public static IEnumerable<string> Every => Names.Select(entry => entry.Name);

    /// <summary>The names of those that are set.</summary>
    public static IEnumerable<string> Of(Scopes scopes) => Names.Where(entry => scopes.HasFlag(entry.Scope)).Select(entry => entry.Name);

    /// <summary>Reads one or more names with commas between; false when there is none, or one that is unknown.</summary>
    public static bool TryParse(string text, out Scopes scopes)
    {
        scopes = Scopes.None;
        foreach (var part in text.Split(',', StringSplitOptions.TrimEntries))
        {
            var known = Names.FirstOrDefault(entry => entry.Name == part);
            if (known.Name is null)
                return false;
            scopes |= known.Scope;
        }

        return true;
    }
}
