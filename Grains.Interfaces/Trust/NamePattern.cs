using OrleansTasks.Nodes;

namespace OrleansTasks.Trust;

/// <summary>
/// Patterns for names of nodes. A <c>*</c> stands for any number of characters, also for none; every other character
/// stands for itself.
/// </summary>
public static class NamePattern
{
    /// <summary>What a pattern looks like, for messages.</summary>
    public const string Form = "1 to 200 of A-Z, a-z, 0-9, '.', '_', '-' and '*', which stands for any characters";

    /// <summary>Whether the text is a pattern: what a node's name may be, and <c>*</c>.</summary>
    public static bool IsValid(string text) =>
        text.Length is > 0 and <= NodeNames.Longest && text.All(static c => c == '*' || NodeNames.IsPart(c));

    /// <summary>Whether a name matches a pattern.</summary>
    public static bool Matches(ReadOnlySpan<char> pattern, ReadOnlySpan<char> name)
    {
        var star = pattern.IndexOf('*');
        if (star < 0)
            return pattern.SequenceEqual(name);
        if (!name.StartsWith(pattern[..star]))
            return false;
        name = name[star..];
        pattern = pattern[(star + 1)..];
        // Each part between two stars matches best where it is found first.
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
