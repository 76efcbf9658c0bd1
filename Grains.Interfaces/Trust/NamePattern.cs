using OrleansTasks.Nodes;

namespace OrleansTasks.Trust;

/// <summary>
/// Patterns for node names. A <c>*</c> matches any characters, including none; others match themselves.
/// </summary>
public static class NamePattern
{
    /// <summary>A description of valid patterns, for messages.</summary>
    public const string Form = "1 to 200 of A-Z, a-z, 0-9, '.', '_', '-' and '*', which matches any characters";

    /// <summary>
    /// Returns whether a string is a valid pattern: the characters and length of a node name, plus <c>*</c>.
    /// </summary>
    public static bool IsValid(string text) =>
        text.Length is > 0 and <= NodeNames.Longest && text.All(static c => c == '*' || NodeNames.IsPart(c));

    /// <summary>Returns whether a name matches a pattern.</summary>
    public static bool Matches(ReadOnlySpan<char> pattern, ReadOnlySpan<char> name)
    {
        var star = pattern.IndexOf('*');
        if (star < 0)
            return pattern.SequenceEqual(name);
        if (!name.StartsWith(pattern[..star]))
            return false;
        name = name[star..];
        pattern = pattern[(star + 1)..];
        // Matching each part between two stars at its first occurrence leaves the most for the parts after it.
        for (star = pattern.IndexOf('*'); star >= 0; star = pattern.IndexOf('*'))
        {
            var found = name.IndexOf(pattern[..star]);
            if (found < 0)
                return false;
            name = name[(found + star)..];
            pattern = pattern[(star + 1)..];
        }

        return name.EndsWith(pattern);
    }
}
