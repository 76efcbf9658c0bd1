using OrleansTasks.Contract;

namespace OrleansTasks.Access;

/// <summary>Converts scopes to and from text, such as <c>read,submit</c>.</summary>
public static class ScopeNames
{
    private static readonly ImmutableArray<(Scopes Scope, string Name)> Names =
        [.. EnumNames.Of(typeof(Scopes)).Select(static value => ((Scopes)value.Value, value.Name))];

    /// <summary>All names, for messages.</summary>
    public static string All { get; } = string.Join(", ", Names.Select(static entry => entry.Name));

    /// <summary>All names, in the order of <see cref="All"/>.</summary>
    public static IEnumerable<string> Every => Names.Select(entry => entry.Name);

    /// <summary>Returns the names of the scopes that are set.</summary>
    public static IEnumerable<string> Of(Scopes scopes) => Names.Where(entry => scopes.HasFlag(entry.Scope)).Select(entry => entry.Name);

    /// <summary>
    /// Parses one or more names separated by commas. Returns false for an empty list or an unknown name.
    /// </summary>
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
