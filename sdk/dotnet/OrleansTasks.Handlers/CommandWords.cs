using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace OrleansTasks.Handlers;

/// <summary>
/// Splits a command into the name of its handler and the arguments. A command line is split as a shell would, but
/// nothing in it is expanded or run.
/// </summary>
internal static class CommandWords
{
    // Characters that mean something to a shell unless they are quoted.
    private const string Special = "$`|&;<>()*?[\n";

    // The same, at the beginning of a word.
    private const string SpecialFirst = "~#";

    /// <summary>Returns the words of a command.</summary>
    /// <param name="command">The program with its arguments, or the arguments that run a line in the shell.</param>
    /// <param name="words">Receives the words, at least one.</param>
    /// <param name="fault">Receives what is wrong, as a sentence.</param>
    internal static bool TrySplit(
        IReadOnlyList<string> command, [NotNullWhen(true)] out IReadOnlyList<string>? words, [NotNullWhen(false)] out string? fault)
    {
        if (command is not ["/bin/sh", "-c", var line])
        {
            (words, fault) = (command, null);
            return true;
        }

        (words, fault) = Split(line);
        return fault is null;
    }

    private static (List<string>? Words, string? Fault) Split(string line)
    {
        var words = new List<string>();
        StringBuilder? word = null;
        var quote = '\0';
        for (var at = 0; at < line.Length; at++)
        {
            var character = line[at];
            if (quote == '\'' ? character != '\'' : quote == '"' && character is not ('"' or '\\' or '$' or '`'))
                word!.Append(character);
            else if (character is '\'' or '"')
            {
                quote = quote == character ? '\0' : character;
                word ??= new StringBuilder();
            }
            else if (character == '\\')
            {
                if (++at == line.Length)
                    return (null, Refusal(@"a \ at its end"));
                word ??= new StringBuilder();
                // Within double quotes a backslash escapes only some characters.
                if (quote == '"' && line[at] is not ('"' or '\\' or '$' or '`'))
                    word.Append('\\');
                word.Append(line[at]);
            }
            else if (character is ' ' or '\t')
            {
                if (word is not null)
                    words.Add(word.ToString());
                word = null;
            }
            else if (Special.Contains(character, StringComparison.Ordinal)
                || (word is null && SpecialFirst.Contains(character, StringComparison.Ordinal)))
                return (null, Refusal($"'{character}'"));
            else
                (word ??= new StringBuilder()).Append(character);
        }

        if (quote != '\0')
            return (null, Refusal("a quote without its end"));
        if (word is not null)
            words.Add(word.ToString());
        return words.Count > 0 ? (words, null) : (null, "The command is empty. Its first word must name a handler.");
    }

    private static string Refusal(string what) =>
        $"The command has {what}, but this worker has no shell: it runs handlers. Quote the character, or submit argv.";
}
