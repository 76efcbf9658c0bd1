using System.Text;
using System.Text.RegularExpressions;

namespace OrleansTasks.System.Tests.Docs;

/// <summary>
/// Splits a script into its simple commands, each with its words, without running anything. Knows the grammar that
/// documentation uses: quotes, comments, lists, pipes, redirections, here-documents, <c>$(…)</c> and variables that are
/// set for one command. Words keep their variables as they are written.
/// </summary>
internal sealed partial class ShellWords
{
    private static readonly string[] Keywords = ["{", "}", "!", "do", "done", "else", "fi", "for", "if", "then", "until", "while"];

    private readonly string script;
    private readonly List<string[]> commands = [];
    private readonly List<string> words = [];
    private readonly List<string> documents = [];
    private StringBuilder? word;
    private bool isTarget;
    private int at;

    private ShellWords(string script) => this.script = script;

    /// <summary>The commands of a script.</summary>
    public static List<string[]> Split(string script)
    {
        var reading = new ShellWords(script);
        while (reading.at < script.Length)
            reading.Read(script[reading.at++]);
        reading.EndCommand();
        return reading.commands;
    }

    private void Read(char next)
    {
        switch (next)
        {
            case '\\' when at < script.Length:
                if (script[at++] is var escaped and not '\n')
                    Add(escaped);
                break;
            case '\'':
                Add(Until('\''));
                break;
            case '"':
                Add("");
                while (at < script.Length && script[at++] is var quoted and not '"')
                    ReadQuoted(quoted);
                break;
            case '$' when Substitution():
                break;
            case '#' when word is null:
                at = EndOfLine();
                break;
            case ' ' or '\t':
                EndWord();
                break;
            case '\n':
                EndCommand();
                foreach (var end in documents)
                    at = Math.Max(at, script.IndexOf($"\n{end}", at - 1, StringComparison.Ordinal) + end.Length + 1);
                documents.Clear();
                break;
            case ';' or '|' or '&':
                EndCommand();
                break;
            case '(' or ')' when word is null:
                EndCommand();
                break;
            case '<' or '>':
                Redirect(next);
                break;
            default:
                Add(next);
                break;
        }
    }

    private void ReadQuoted(char next)
    {
        if (next == '\\' && at < script.Length)
            Add(script[at++]);
        else if (next != '$' || !Substitution())
            Add(next);
    }

    private bool Substitution()
    {
        if (at >= script.Length || script[at] != '(')
            return false;
        var (begins, depth) = (++at, 1);
        while (depth > 0 && at < script.Length)
            depth += script[at++] switch { '(' => 1, ')' => -1, _ => 0 };
        commands.AddRange(Split(script[begins..(at - 1)]));
        Add("$()");
        return true;
    }

    private void Redirect(char sign)
    {
        // A number before it is that of a descriptor.
        if (word is not null && word.ToString().All(char.IsAsciiDigit))
            word = null;
        EndWord();
        var isDocument = sign == '<' && at < script.Length && script[at] == '<';
        while (at < script.Length && script[at] is '<' or '>' or '&' or '-')
            at++;
        if (isDocument)
            documents.Add(script[at..EndOfLine()].Trim().Split(' ')[0].Trim('\'', '"'));
        isTarget = true;
    }

    private void Add(char letter) => (word ??= new StringBuilder()).Append(letter);

    private void Add(string text) => (word ??= new StringBuilder()).Append(text);

    private string Until(char end)
    {
        var begins = at;
        at = script.IndexOf(end, at) is >= 0 and var found ? found + 1 : script.Length;
        return script[begins..Math.Max(begins, at - 1)];
    }

    private int EndOfLine() => script.IndexOf('\n', at) is >= 0 and var end ? end : script.Length;

    private void EndWord()
    {
        if (word is not null && !isTarget)
            words.Add(word.ToString());
        if (word is not null)
            isTarget = false;
        word = null;
    }

    private void EndCommand()
    {
        EndWord();
        isTarget = false;
        string[] command = [.. words.SkipWhile(static word =>
            Keywords.Contains(word) || Assignment().IsMatch(word) || word.EndsWith("()", StringComparison.Ordinal))];
        if (command.Length > 0)
            commands.Add(command);
        words.Clear();
    }

    [GeneratedRegex("^[A-Za-z_][A-Za-z0-9_]*=")]
    private static partial Regex Assignment();
}
