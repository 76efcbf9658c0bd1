namespace OrleansTasks.Tasks.Spec;

/// <summary>The name of a task whose submitter gave none.</summary>
internal static class CommandName
{
    private const string Nameless = "sh";

    /// <summary>
    /// The first word of a command for the shell, cut as <see cref="SpecRules.WithoutControls"/> does. Variables that are set
    /// in front of it are left out, since their values can be secrets and names are shown in lists and logs.
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
        return end == 0 && isSkipped ? Nameless : SpecRules.WithoutControls(rest[..end]);
    }

    private static bool IsAssignment(ReadOnlySpan<char> word)
    {
        var length = 0;
        while (length < word.Length && (char.IsAsciiLetterOrDigit(word[length]) || word[length] == '_'))
            length++;
        return length > 0 && !char.IsAsciiDigit(word[0])
            && (word[length..].StartsWith('=') || word[length..].StartsWith("+="));
    }

    /// <summary>Where the shell ends the first word: quotings and substitutions keep it together.</summary>
    private static int EndOfWord(ReadOnlySpan<char> text)
    {
        // What ends the quotings and substitutions around a character, the innermost on top.
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
