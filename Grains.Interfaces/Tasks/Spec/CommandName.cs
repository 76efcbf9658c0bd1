namespace OrleansTasks.Tasks.Spec;

/// <summary>Derives the name of a task that was submitted without one.</summary>
public static class CommandName
{
    private const string Nameless = "sh";

    /// <summary>
    /// Returns the name of the first program that a shell command starts, shortened by
    /// <see cref="SpecRules.WithoutControls"/>. Skips variables that are set in front of it, because their values can be
    /// secrets and lists and logs show names; also the heads of loops and conditions, and commands that only prepare, such
    /// as <c>cd</c>.
    /// <code>
    /// X=1 make                        make
    /// cd /x &amp;&amp; tar c .               tar
    /// for f in *; do gzip $f; done    gzip
    /// X=1                             sh
    /// cd /x                           cd
    /// </code>
    /// </summary>
    public static string Of(string command)
    {
        ArgumentNullException.ThrowIfNull(command);
        var rest = command.AsSpan().TrimStart();
        string? lastSkipped = null;
        while (TrySkip(ref rest, out var skipped))
            lastSkipped = skipped;

        var end = 0;
        while (end < rest.Length && !char.IsWhiteSpace(rest[end]))
            end++;
        if (end == 0 && lastSkipped is not null)
            return lastSkipped;
        // The end of the command, as in date;, is not part of the word.
        var first = rest[..end].TrimEnd(";&|");
        return SpecRules.WithoutControls(first.IsEmpty ? rest[..end] : first);
    }

    /// <summary>
    /// Skips one assignment, head or preparing command at the beginning. Returns false if there is none, or if nothing
    /// follows a head or a preparing command.
    /// </summary>
    private static bool TrySkip(ref ReadOnlySpan<char> rest, out string skipped)
    {
        var text = rest.TrimStart("({! \t");
        var first = text[..EndOfWord(text)];
        var isAssignment = IsAssignment(text);
        skipped = isAssignment ? Nameless : first.ToString();
        var next = isAssignment ? text[first.Length..]
            : first is "for" or "select" or "while" or "until" ? BehindWord(text, "do")
            : first is "if" ? BehindWord(text, "then")
            : first is "cd" or "set" or "export" or "umask" or "ulimit" ? BehindCommand(text)
            : [];
        if (next.IsEmpty && !isAssignment)
            return false;
        rest = next.TrimStart(" \t\r\n\v\f;&|");
        return true;
    }

    private static ReadOnlySpan<char> BehindWord(ReadOnlySpan<char> text, string wanted)
    {
        while (!text.IsEmpty)
        {
            var word = text[..EndOfWord(text)];
            text = text[word.Length..];
            if (word.SequenceEqual(wanted))
                return text;
            text = text.TrimStart(" \t\r\n\v\f;&|");
        }

        return [];
    }

    // Only ; && and line breaks separate the command from the next one. What follows || & or | belongs to it.
    private static ReadOnlySpan<char> BehindCommand(ReadOnlySpan<char> text)
    {
        while (!text.IsEmpty)
        {
            text = text[EndOfWord(text)..].TrimStart(" \t");
            if (text is [';' or '\n' or '\r', ..] || text.StartsWith("&&"))
                return text;
            if (text is ['&' or '|', ..])
                return [];
        }

        return [];
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
