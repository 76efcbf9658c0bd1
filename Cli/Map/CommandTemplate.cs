namespace OrleansTasks.Cli.Map;

/// <summary>
/// The command of <c>otask map</c> with its placeholders. Each value takes the place of a placeholder once, quoted for
/// the shell: a placeholder within a value is not replaced, and the shell reads no value as a part of the command.
/// </summary>
internal sealed class CommandTemplate
{
    private readonly List<(string? Text, Placeholder Placeholder)> pieces = [];

    private CommandTemplate()
    {
    }

    /// <summary>Whether there is no command: then each line is a command.</summary>
    private bool IsEmpty => pieces.Count == 0;

    /// <summary>
    /// Reads a command's words, which make one line for the shell. A command without placeholders of arguments gets
    /// <c>{}</c> at its end.
    /// </summary>
    /// <param name="words">The words; none if the arguments themselves are commands.</param>
    /// <param name="isQuoted">Whether each word stays one word for the shell.</param>
    public static CommandTemplate Read(IReadOnlyList<string> words, bool isQuoted)
    {
        var template = new CommandTemplate();
        foreach (var (index, word) in words.Index())
        {
            if (index > 0)
                template.Add(" ");
            template.AddWord(word, isQuoted);
        }

        if (words.Count > 0 && template.pieces.All(static piece => piece.Text is not null))
        {
            template.Add(" ");
            template.pieces.Add((null, new Placeholder(PlaceholderForm.Whole, null)));
        }

        return template;
    }

    /// <summary>Reads the value of an option. Unlike a command, it gets nothing at its end.</summary>
    public static CommandTemplate OfValue(string value)
    {
        var template = new CommandTemplate();
        template.AddWord(value, isQuoted: false);
        return template;
    }

    /// <summary>Returns the value for the arguments of one task.</summary>
    /// <param name="arguments">The arguments as <see cref="ByteText"/>.</param>
    /// <param name="number">The number of the task.</param>
    /// <param name="quote">Quotes an argument.</param>
    public string FillValue(IReadOnlyList<string> arguments, long number, Func<string, string> quote) =>
        string.Concat(pieces.Select(piece => piece.Text ?? piece.Placeholder.Show(arguments, number, quote)));

    /// <summary>Returns the command for the arguments of one task.</summary>
    /// <param name="arguments">The arguments as <see cref="ByteText"/>.</param>
    /// <param name="number">The number of the task.</param>
    public string Fill(IReadOnlyList<string> arguments, long number)
    {
        if (IsEmpty)
        {
            var line = string.Join(' ', arguments);
            return ByteText.Decode(line)
                ?? throw new UsageException($"Argument {number} is a command: {Utf8Fault.In(ByteText.BytesOf(line))}.");
        }

        return FillValue(arguments, number, ShellQuoting.Quote);
    }

    private void AddWord(string word, bool isQuoted)
    {
        var start = 0;
        for (var open = word.IndexOf('{'); open >= 0; open = word.IndexOf('{', open + 1))
        {
            var close = word.IndexOf('}', open);
            if (close < 0 || Placeholder.Read(word.AsSpan(open + 1, close - open - 1)) is not { } placeholder)
                continue;
            AddText(word[start..open], isQuoted);
            pieces.Add((null, placeholder));
            start = close + 1;
            open = close;
        }

        if (start == 0 || start < word.Length)
            AddText(word[start..], isQuoted, mayBeEmpty: start == 0);
    }

    private void AddText(string text, bool isQuoted, bool mayBeEmpty = false)
    {
        if (text.Length > 0 || mayBeEmpty)
            Add(isQuoted ? ShellQuoting.Quote(ByteText.Of(text)) : text);
    }

    private void Add(string text) => pieces.Add((text, default));
}
