namespace OrleansTasks.Tasks.Spec;

/// <summary>Derives the name of a task that was submitted without one.</summary>
internal static class CommandName
{
    private const string Nameless = "sh";

    /// <summary>
    /// Returns the first word of a shell command, shortened by <see cref="SpecRules.WithoutControls"/>. Skips variables
    /// that are set in front of it, because their values can be secrets and lists and logs show names.
    /// </summary>
    public static string Of(string command)
    {
        var rest = command.AsSpan().TrimStart();
        var isSkipped = false;
        while (rest.TrimStart("({! \t") is var word && IsAssignment(word))
        {
            isSkipped = true;
            rest = word[EndOfWord(word)..].TrimStart(" \t\r\n\v\f;&|");
        }

        var end = 0;
        while (end < rest.Length && !char.IsWhiteSpace(rest[end]))
            end++;
        if (end == 0 && isSkipped)
            return Nameless;
        // The end of the command, as in date;, is not part of the word.
        var first = rest[..end].TrimEnd(";&|");
        return SpecRules.WithoutControls(first.IsEmpty ? rest[..end] : first);
    }

    private static bool IsAssignment(ReadOnlySpan<char> word)
    {
        var length = 0;
        while (length < word.Length && (char.IsAsciiLetterOrDigit(word[length]) || word[length] == '_'))
            length++;
        return length > 0 && !char.IsAsciiDigit(word[0])
            && (word[length..].StartsWith('=') || word[length..].StartsWith("+="));
    }

    /// <summary>Returns the end of the shell's first word. Quotations and substitutions are part of the word.</summary>
    private static int EndOfWord(ReadOnlySpan<char> text)
    {
        // The closing characters of the quotations and substitutions around the current one, innermost on top.
        var ends = new Stack<char>();
        for (var i = 0; i < text.Length; i++)
        {
            var (character, inner) = (text[i], ends.TryPeek(out var end) ? end : default);
            if (inner != default && character == inner)
                ends.Pop();
            else if (inner == '\'')
                continue;
            else if (character == '\\')
                i++;
            else if (character is '"' or '`' || (character == '\'' && inner != '"'))
                ends.Push(character);
            else if (character == '(' || (character == '{' && i > 0 && text[i - 1] == '$'))
                ends.Push(character == '(' ? ')' : '}');
            else if (inner == default && (char.IsWhiteSpace(character) || character is ';' or '&' or '|'))
                return i;
        }

        return text.Length;
    }
}
