namespace OrleansTasks.Definitions;

/// <summary>The names of definitions, such as <c>etl/load-day</c>, and the patterns that keys have for them.</summary>
public static class DefinitionName
{
    /// <summary>Maximum length of a name in characters.</summary>
    public const int Longest = 128;

    /// <summary>The form of a name.</summary>
    public const string Form = "[a-z0-9][a-z0-9._/-]{0,127}";

    /// <summary>
    /// The last parts of the paths of the calls below a definition. No name can end with one of them.
    /// </summary>
    public static ImmutableArray<string> Calls { get; } = ["runs", "history"];

    /// <summary>Returns what is wrong with a name; null if nothing is.</summary>
    public static string? FaultOf(string name)
    {
        if (name.Length is 0 or > Longest || !char.IsAsciiLetterLower(name[0]) && !char.IsAsciiDigit(name[0]) || !name.All(IsPart))
            return $"must match {Form}";
        var parts = name.Split('/');
        if (parts.Any(static part => part is "" or "." or ".."))
            return "must not have an empty part, nor one that is . or ..";
        return Calls.Contains(parts[^1]) ? $"must not end with {parts[^1]}, which is the name of a call" : null;
    }

    /// <summary>Returns what is wrong with a key's pattern; null if nothing is.</summary>
    public static string? FaultOfPattern(string pattern) =>
        pattern.Length is > 0 and <= Longest && pattern.All(static one => one == '*' || IsPart(one))
            ? null
            : $"must be the name of a definition, in which * stands for any text, of at most {Longest} characters";

    /// <summary>
    /// Returns whether a pattern has a name in its reach: <c>*</c> stands for any text, with slashes or without.
    /// </summary>
    public static bool Matches(string pattern, string name)
    {
        var parts = pattern.Split('*');
        if (parts is [var whole])
            return whole == name;
        if (name.Length < parts[0].Length + parts[^1].Length || !name.StartsWith(parts[0], StringComparison.Ordinal)
            || !name.EndsWith(parts[^1], StringComparison.Ordinal))
            return false;
        var rest = name.AsSpan(parts[0].Length, name.Length - parts[0].Length - parts[^1].Length);
        // The first place of a part leaves the most for those that follow.
        foreach (var part in parts[1..^1])
        {
            var at = rest.IndexOf(part, StringComparison.Ordinal);
            if (at < 0)
                return false;
            rest = rest[(at + part.Length)..];
        }

        return true;
    }

    private static bool IsPart(char character) =>
        char.IsAsciiLetterLower(character) || char.IsAsciiDigit(character) || character is '.' or '_' or '/' or '-';
}
