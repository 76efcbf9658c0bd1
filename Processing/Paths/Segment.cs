using System.Text;

namespace OrleansTasks.Processing.Paths;

/// <summary>One segment of a pattern, for names without <c>/</c>.</summary>
internal sealed class Segment
{
    private readonly Token[] tokens;

    private Segment(Token[] tokens, bool isAnyFolders)
    {
        this.tokens = tokens;
        IsAnyFolders = isAnyFolders;
        if (!isAnyFolders && tokens.All(static token => token.Kind == TokenKind.One))
            Literal = string.Concat(tokens.Select(static token => token.Ranges[0].First.ToString()));
    }

    private enum TokenKind
    {
        One,
        Any,
        AnyRun,
        Class,
        NoneOf,
    }

    /// <summary>Whether the segment is <c>**</c>, for any number of folders.</summary>
    public bool IsAnyFolders { get; }

    /// <summary>The only name that matches; null if others may.</summary>
    public string? Literal { get; }

    /// <summary>Returns the segments of a pattern's text.</summary>
    public static string[] Split(string text) => text.Split('/');

    /// <summary>Reads a segment. Returns null and what is wrong with the pattern, as the end of a sentence about it.</summary>
    public static Segment? Read(string text, out string? fault)
    {
        fault = null;
        if (text == "**")
            return new Segment([], isAnyFolders: true);
        var tokens = new List<Token>();
        for (var at = 0; at < text.Length;)
        {
            if (text[at] == '*')
            {
                if (tokens is not [.., { Kind: TokenKind.AnyRun }])
                    tokens.Add(new(TokenKind.AnyRun, []));
                at++;
            }
            else if (text[at] == '?')
            {
                tokens.Add(new(TokenKind.Any, []));
                at++;
            }
            else if (text[at] == '[')
            {
                if (ReadClass(text, ref at, out fault) is not { } read)
                    return null;
                tokens.Add(read);
            }
            else if (TakeOne(text, ref at) is { } one)
                tokens.Add(new(TokenKind.One, [(one, one)]));
            else
            {
                fault = "has a \\ with nothing behind it";
                return null;
            }
        }

        return new Segment([.. tokens], isAnyFolders: false);
    }

    /// <summary>Returns whether a name matches.</summary>
    public bool Matches(ReadOnlySpan<char> name)
    {
        if (Literal is not null)
            return name.SequenceEqual(Literal);
        var (token, at) = (0, 0);
        // Where the last * was, and up to where it has taken the name.
        var (star, taken) = (-1, 0);
        while (at < name.Length)
        {
            Rune.DecodeFromUtf16(name[at..], out var next, out var length);
            if (token < tokens.Length && tokens[token].Kind == TokenKind.AnyRun)
                (star, taken, token) = (token, at, token + 1);
            else if (token < tokens.Length && tokens[token].Takes(next))
                (token, at) = (token + 1, at + length);
            else if (star >= 0)
            {
                // The last * takes one character more. Those before it need not: what they took is as good as any.
                Rune.DecodeFromUtf16(name[taken..], out _, out var more);
                taken += more;
                (token, at) = (star + 1, taken);
            }
            else
                return false;
        }

        while (token < tokens.Length && tokens[token].Kind == TokenKind.AnyRun)
            token++;
        return token == tokens.Length;
    }

    // A ] directly after [ or [! is one of the characters, as in a shell.
    private static Token? ReadClass(string text, ref int at, out string? fault)
    {
        fault = null;
        at++;
        var kind = TokenKind.Class;
        if (at < text.Length && text[at] is '!' or '^')
        {
            kind = TokenKind.NoneOf;
            at++;
        }

        var ranges = new List<(Rune First, Rune Last)>();
        for (var begin = at; at < text.Length && (text[at] != ']' || at == begin);)
        {
            if (TakeOne(text, ref at) is not { } first)
                break;
            var last = first;
            if (at + 1 < text.Length && text[at] == '-' && text[at + 1] != ']')
            {
                at++;
                if (TakeOne(text, ref at) is not { } end)
                    break;
                last = end;
            }

            if (last < first)
            {
                fault = $"has the range {first}-{last}, whose end comes before its begin";
                return null;
            }

            ranges.Add((first, last));
        }

        if (at >= text.Length)
        {
            fault = "has a [ without its ]";
            return null;
        }

        at++;
        return new Token(kind, [.. ranges]);
    }

    // Reads one character, or the one behind a backslash. Null at the end of the text.
    private static Rune? TakeOne(string text, ref int at)
    {
        if (text[at] == '\\' && ++at == text.Length)
            return null;
        var one = Rune.GetRuneAt(text, at);
        at += one.Utf16SequenceLength;
        return one;
    }

    private readonly record struct Token(TokenKind Kind, (Rune First, Rune Last)[] Ranges)
    {
        public bool Takes(Rune one) => Kind switch
        {
            TokenKind.Any => true,
            TokenKind.One => one == Ranges[0].First,
            TokenKind.Class => IsIn(one),
            TokenKind.NoneOf => !IsIn(one),
            _ => false,
        };

        private bool IsIn(Rune one)
        {
            foreach (var (first, last) in Ranges)
            {
                if (one >= first && one <= last)
                    return true;
            }

            return false;
        }
    }
}
