using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace OrleansTasks.Cli.Tasks;

/// <summary>
/// A task's command on the command line. One word is a line for the shell. Several words are a program with its
/// arguments, optionally after <c>--</c>. With <c>--file</c>, the words are the arguments of a script, whose text is
/// sent with the task. With <c>--spec</c>, the words replace the command of that spec.
/// </summary>
/// <param name="takesFiles">Whether there are the options <c>--file</c> for a script and <c>--spec</c>.</param>
internal sealed partial class CommandWords(bool takesFiles = true)
{
    private const string DefinitionPrefix = "def:";

    // These shells read a script from standard input with -s; other interpreters with -.
    private static readonly string[] Shells = ["sh", "bash", "dash", "zsh", "ksh"];

    private readonly Argument<string[]> words = new("command")
    {
        Description = "a quoted shell command, or a program and its arguments; put -- before words that begin with a dash",
        Arity = ArgumentArity.ZeroOrMore,
    };

    private readonly Option<string?> file = SpecFields.Text(
        "--file", "SCRIPT", "send this script with the task; the interpreter in its first line runs it [default: /bin/sh]");

    private readonly Option<string?> spec = SpecFields.Text(
        "--spec", "FILE", "a file with a task's spec as JSON, or - for standard input; the command and other options "
            + "override its fields");

    /// <summary>Adds the argument and the options to a command.</summary>
    public void AddTo(Command command)
    {
        command.Add(words);
        if (!takesFiles)
            return;
        command.Add(file);
        command.Add(spec);
    }

    /// <summary>Whether a command is given.</summary>
    public bool AreIn(ParseResult result) => result.GetValue(words) is { Length: > 0 };

    /// <summary>
    /// Returns the definition that is named instead of a command: <c>def:NAME</c>, or one word that is a name with a
    /// slash; null if there is a command.
    /// </summary>
    public string? DefinitionIn(ParseResult result)
    {
        if (result.GetValue(words) is not [var word] || result.Tokens.Any(static token => token.Type == TokenType.DoubleDash)
            || (takesFiles && (result.GetValue(file) ?? result.GetValue(spec)) is not null))
            return null;
        return word.StartsWith(DefinitionPrefix, StringComparison.Ordinal) ? word[DefinitionPrefix.Length..]
            : word.Contains('/') && DefinitionName().IsMatch(word) ? word
            : null;
    }

    /// <summary>Returns the command as fields of a spec. Throws <see cref="UsageException"/>.</summary>
    public JsonObject Read(ParseResult result)
    {
        var named = result.GetValue(words) ?? [];
        var behindDashes = result.Tokens.SkipWhile(static token => token.Type != TokenType.DoubleDash).Skip(1).Count();
        if (behindDashes < named.Length && named.Take(named.Length - behindDashes).FirstOrDefault(static word => word.StartsWith('-')) is { } unknown)
            throw new UsageException($"Unknown option {unknown}. Put -- before a command that has words with a dash.");
        // The parser removes the first --, which a program among the words may need itself.
        if (behindDashes > 0 && behindDashes < named.Length)
            throw new UsageException("Put -- before the whole command; otherwise the -- within it is lost.");
        var script = takesFiles ? result.GetValue(file) : null;
        var given = takesFiles ? result.GetValue(spec) : null;
        if (given is not null && named.Length == 0 && script is null)
            return TextFile.ReadObject("--spec", given);
        var command = script is not null ? Script(script, named) : Of(named, behindDashes);
        if (given is null)
            return command;
        var body = TextFile.ReadObject("--spec", given);
        body.Remove("cmd");
        body.Remove("argv");
        foreach (var (field, value) in command)
            body[field] = value?.DeepClone();
        return body;
    }

    private static JsonObject Of(string[] named, int behindDashes)
    {
        if (named.Length == 0)
            throw new UsageException("A command is missing. Give a quoted shell command, a program and its arguments, "
                + "--file SCRIPT, or --spec FILE.");
        return named.Length == 1 && behindDashes == 0
            ? new JsonObject { ["cmd"] = named[0] }
            : new JsonObject { ["argv"] = Texts(named) };
    }

    private static JsonObject Script(string file, string[] arguments)
    {
        var text = TextFile.ReadUnmarked("--file", file);
        var first = text.Split('\n', 2)[0].TrimEnd('\r');
        string[] interpreter = first.StartsWith("#!", StringComparison.Ordinal)
            ? first[2..].Split(' ', StringSplitOptions.RemoveEmptyEntries)
            : ["/bin/sh"];
        if (interpreter.Length == 0)
            throw new UsageException($"The first line of '{file}' names no interpreter.");
        string[] fromInput = interpreter.Any(static word => Shells.Contains(Path.GetFileName(word))) ? ["-s", "--"] : ["-"];
        var command = new JsonObject
        {
            ["argv"] = Texts([.. interpreter, .. fromInput, .. arguments]), ["stdin"] = text,
        };
        // Otherwise the task would have the interpreter's name. The gateway refuses names with control characters.
        if (file != "-" && Path.GetFileName(file) is var name && !name.Any(char.IsControl))
            command["name"] = name;
        return command;
    }

    // The names that the service accepts: no part is empty, . or .., and the last part is not the name of a call.
    [GeneratedRegex(@"\A(?=[a-z0-9._/-]{1,128}\z)"
        + @"[a-z0-9][a-z0-9._-]*(/(?!\.{0,2}(/|\z))[a-z0-9._-]+)*(?<!/(runs|history))\z")]
    private static partial Regex DefinitionName();

    private static JsonArray Texts(string[] texts) => new([.. texts.Select(static text => JsonValue.Create(text))]);
}
