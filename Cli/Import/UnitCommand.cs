using System.Globalization;
using System.Text;
using OrleansTasks.Cli.Map;

namespace OrleansTasks.Cli.Import;

/// <summary>
/// Reads command lines and lists of systemd: words with quotes, escapes, specifiers and variables. The rules are those
/// of systemd's <c>extract-word.c</c>, <c>escape.c</c> and <c>env-util.c</c>.
/// </summary>
internal static class UnitCommand
{
    // The character of each escape of one letter.
    private static readonly Dictionary<char, char> Letters = new()
    {
        ['a'] = '\a', ['b'] = '\b', ['f'] = '\f', ['n'] = '\n', ['r'] = '\r', ['t'] = '\t', ['v'] = '\v', ['s'] = ' ',
        ['\\'] = '\\', ['"'] = '"', ['\''] = '\'',
    };

    /// <summary>How a backslash is read.</summary>
    private enum Backslash
    {
        /// <summary>It begins an escape sequence. If that is unknown, the backslash is kept, as in a command.</summary>
        Kept,

        /// <summary>It begins an escape sequence. If that is unknown, the text is refused, as in assignments.</summary>
        Refused,

        /// <summary>It is removed and the next character is kept, as in the value of a variable.</summary>
        Removed,
    }

    /// <summary>
    /// Splits the value of <c>ExecStart=</c> into commands, each with its words. A word <c>;</c> ends a command, and
    /// <c>\;</c> stands for that word.
    /// </summary>
    /// <exception cref="FormatException">A quote has no end.</exception>
    /// <exception cref="NotSupportedException">A word is not UTF-8.</exception>
    public static List<List<string>> Commands(string text)
    {
        var commands = Split(text, Backslash.Kept, hasCommands: true);
        if (commands is [_, .., []])
            commands.RemoveAt(commands.Count - 1);
        return commands;
    }

    /// <summary>Splits the value of <c>Environment=</c> into assignments.</summary>
    /// <exception cref="FormatException">A quote has no end, or a backslash begins no escape.</exception>
    /// <exception cref="NotSupportedException">
    /// An assignment is not UTF-8, or only the machine of the unit knows a value.
    /// </exception>
    public static IEnumerable<string> Assignments(string text) =>
        Split(text, Backslash.Refused, hasCommands: false)[0].Select(WithoutSpecifiers);

    /// <summary>Replaces specifiers: <c>%%</c> is a percent sign.</summary>
    /// <exception cref="NotSupportedException">Only the machine of the unit knows a value.</exception>
    public static string WithoutSpecifiers(string text)
    {
        var plain = new StringBuilder();
        for (var i = 0; i < text.Length; i++)
        {
            plain.Append(text[i]);
            if (text[i] != '%' || i + 1 == text.Length)
                continue;
            if (text[++i] != '%')
                throw new NotSupportedException($"only the unit's machine knows what {text[(i - 1)..]} stands for");
        }

        return plain.ToString();
    }

    /// <summary>
    /// Replaces specifiers and variables in the words of a command, as far as the unit file says what they are.
    /// </summary>
    /// <exception cref="NotSupportedException">Only the machine of the unit knows a value.</exception>
    public static List<string> Expanded(IEnumerable<string> words, IReadOnlyDictionary<string, string> environment)
    {
        var expanded = new List<string>();
        foreach (var word in words.Select(WithoutSpecifiers))
        {
            // A variable that is a word by itself is split into words.
            if (word is ['$', not ('$' or '{'), ..])
                expanded.AddRange(Split(ValueOf(word[1..], environment), Backslash.Removed, hasCommands: false)[0]);
            else
                expanded.Add(WithVariables(word, environment));
        }

        return expanded;
    }

    private static string WithVariables(string word, IReadOnlyDictionary<string, string> environment)
    {
        var text = new StringBuilder();
        for (var i = 0; i < word.Length; i++)
        {
            if (word[i..] is ['$', '{', ..] && word.IndexOf('}', i) is > 0 and var end)
            {
                text.Append(ValueOf(word[(i + 2)..end], environment));
                i = end;
            }
            else
            {
                text.Append(word[i]);
                if (word[i..] is ['$', '$', ..])
                    i++;
            }
        }

        return text.ToString();
    }

    private static string ValueOf(string name, IReadOnlyDictionary<string, string> environment) =>
        environment.TryGetValue(name, out var value)
            ? value
            : throw new NotSupportedException($"the variable ${name} is not among the Environment= of the unit");

    private static List<List<string>> Split(string text, Backslash backslash, bool hasCommands)
    {
        // Escape sequences such as \xc3 stand for bytes, several of which may form one character.
        var bytes = ByteText.Of(text);
        List<List<string>> commands = [[]];
        var word = new StringBuilder();
        var (isWord, quote) = (false, '\0');
        for (var i = 0; i < bytes.Length; i++)
        {
            var c = bytes[i];
            if (hasCommands && !isWord && c == ';' && IsEnd(bytes, i + 1))
                commands.Add([]);
            else if (c == '\\' && i + 1 < bytes.Length)
            {
                var isSemicolon = hasCommands && !isWord && bytes[i + 1] == ';' && IsEnd(bytes, i + 2);
                i += Unescape(bytes, i + 1, isSemicolon ? Backslash.Removed : backslash, word);
                isWord = true;
            }
            else if (quote != '\0' && c == quote)
                quote = '\0';
            else if (quote == '\0' && c is '"' or '\'')
                (quote, isWord) = (c, true);
            else if (quote == '\0' && IsEnd(bytes, i))
                End();
            else
            {
                word.Append(c);
                isWord = true;
            }
        }

        if (quote != '\0')
            throw new FormatException($"a quote {quote} has no end");
        End();
        return commands;

        void End()
        {
            if (!isWord)
                return;
            commands[^1].Add(
                ByteText.Decode(word.ToString()) ?? throw new NotSupportedException($"a word of {text} is not UTF-8"));
            word.Clear();
            isWord = false;
        }
    }

    private static bool IsEnd(string bytes, int at) => at == bytes.Length || bytes[at] is ' ' or '\t';

    /// <summary>
    /// Appends what an escape sequence stands for. Returns the number of its characters after the backslash.
    /// </summary>
    private static int Unescape(string bytes, int at, Backslash backslash, StringBuilder word)
    {
        var c = bytes[at];
        if (backslash == Backslash.Removed)
        {
            word.Append(c);
            return 1;
        }

        if (Letters.TryGetValue(c, out var letter))
        {
            word.Append(letter);
            return 1;
        }

        var (prefix, digits) = c switch
        {
            'x' => (1, 2),
            'u' => (1, 4),
            'U' => (1, 8),
            >= '0' and <= '7' => (0, 3),
            _ => (0, 0),
        };
        var number = NumberIn(bytes, at + prefix, digits, isOctal: prefix == 0);
        if (number > 0 && (c is 'u' or 'U' || number <= byte.MaxValue))
        {
            if (c is not ('u' or 'U'))
                word.Append((char)number);
            else if (Rune.IsValid(number))
                word.Append(ByteText.Of(new Rune(number).ToString()));
            else
                throw new NotSupportedException($"\\{bytes.Substring(at, prefix + digits)} is not a character");
            return prefix + digits;
        }

        if (backslash == Backslash.Refused)
            throw new FormatException($"Environment= has \\{c}, which is not an escape");
        word.Append('\\').Append(c);
        return 1;
    }

    // Returns 0 if there is no number. A valid escape never has the value 0.
    private static uint NumberIn(string bytes, int at, int digits, bool isOctal)
    {
        if (digits == 0 || at + digits > bytes.Length)
            return 0;
        var text = bytes.AsSpan(at, digits);
        if (!isOctal)
        {
            return uint.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var number)
                ? number : 0;
        }

        uint value = 0;
        foreach (var digit in text)
        {
            if (digit is < '0' or > '7')
                return 0;
            value = (value * 8) + digit - '0';
        }

        return value;
    }
}
