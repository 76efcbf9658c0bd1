using System.Text;

namespace OrleansTasks.Cli.Import;

/// <summary>Reads command lines and lists of systemd: words with quotes, escapes and variables.</summary>
internal static class UnitCommand
{
    /// <summary>Splits a text into words. Throws <see cref="FormatException"/> if a quote has no end.</summary>
    public static List<string> Words(string text)
    {
        var words = new List<string>();
        var word = new StringBuilder();
        var (isWord, quote) = (false, '\0');
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (c == '\\' && i + 1 < text.Length)
            {
                word.Append(Escaped(text[++i]));
                isWord = true;
            }
            else if (quote != '\0' && c == quote)
                quote = '\0';
            else if (quote == '\0' && c is '"' or '\'' && quote == '\0')
                (quote, isWord) = (c, true);
            else if (quote == '\0' && c is ' ' or '\t' && quote == '\0')
            {
                if (isWord)
                    words.Add(word.ToString());
                word.Clear();
                isWord = false;
            }
            else
            {
                word.Append(c);
                isWord = true;
            }
        }

        if (quote != '\0')
            throw new FormatException($"a quote {quote} has no end");
        if (isWord)
            words.Add(word.ToString());
        return words;
    }

    /// <summary>
    /// Replaces specifiers and variables in the words of a command, as far as the unit file says what they are.
    /// </summary>
    /// <exception cref="NotSupportedException">Only the machine of the unit knows a value.</exception>
    public static List<string> Expanded(List<string> words, IReadOnlyDictionary<string, string> environment)
    {
        var expanded = new List<string>();
        foreach (var word in words)
        {
            var text = new StringBuilder();
            for (var i = 0; i < word.Length; i++)
            {
                if (word[i] is not ('$' or '%'))
                    text.Append(word[i]);
                else if (i + 1 < word.Length && word[i + 1] == word[i])
                    text.Append(word[i++]);
                else if (word[i] == '%')
                    throw new NotSupportedException($"only the unit's machine knows what {word[i..]} stands for");
                else if (word[i..] is ['$', '{', ..] && word.IndexOf('}', i) is > 0 and var end)
                {
                    text.Append(ValueOf(word[(i + 2)..end], environment));
                    i = end;
                }
                else if (i == 0 && word.Length > 1)
                {
                    // A variable that is a word by itself is split into words.
                    expanded.AddRange(Words(ValueOf(word[1..], environment)));
                    i = word.Length;
                    text.Append('\0');
                }
                else
                    text.Append('$');
            }

            if (text is not { Length: 1 } || text[0] != '\0')
                expanded.Add(text.ToString());
        }

        return expanded;
    }

    private static string ValueOf(string name, IReadOnlyDictionary<string, string> environment) =>
        environment.TryGetValue(name, out var value)
            ? value
            : throw new NotSupportedException($"the variable ${name} is not among the Environment= of the unit");

    private static char Escaped(char c) => c switch { 'n' => '\n', 't' => '\t', 's' => ' ', _ => c };
}
