using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Parsing;
using System.Text.Json;

namespace OrleansTasks.Settings;

/// <summary>
/// Completes a command line with the settings of the environment and of a file. An option that the command line lacks
/// comes from its variable, such as <c>OTASK_FILE_ROOT</c> for <c>--file-root</c>; one that has no variable comes from
/// its field in the file, such as <c>"file-root"</c>.
/// </summary>
public sealed class SettingSources
{
    private const string FileVariable = "OTASK_CONFIG";
    private const int MostBytes = 256 * 1024;

    private static readonly JsonDocumentOptions Reading = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    private readonly Option<string?> file = new("--config")
    {
        HelpName = "FILE", Description = $"a JSON file with more options [default: {FileVariable}]",
    };

    private readonly Option<bool> print = new("--print-config")
    {
        Arity = ArgumentArity.Zero, Description = "print each option with its value and source, and exit",
    };

    private readonly Dictionary<string, string> origins = [];
    private readonly List<string> faults = [];
    private readonly RootCommand root;
    private readonly Option[] options;

    /// <summary>Adds <c>--config</c> and <c>--print-config</c> to a program's options.</summary>
    /// <param name="root">The program's command line, which has all of its options.</param>
    /// <param name="onlyTyped">Options that the environment and the file cannot set.</param>
    public SettingSources(RootCommand root, params Option[] onlyTyped)
    {
        ArgumentNullException.ThrowIfNull(root);
        this.root = root;
        options = [.. root.Options.Where(option => option is not (HelpOption or VersionOption) && !onlyTyped.Contains(option))];
        root.Add(file);
        root.Add(print);
    }

    /// <summary>
    /// Reads a command line. Null means that help, the version or the settings were asked for and written to
    /// <paramref name="output"/>.
    /// </summary>
    /// <param name="args">The arguments of the program.</param>
    /// <param name="variable">Reads a variable of the environment.</param>
    /// <param name="output">Receives the help, the version or the settings.</param>
    /// <exception cref="StartRefusedException">
    /// A setting is invalid; the message lists every mistake with its source.
    /// </exception>
    public ParseResult? Read(IReadOnlyList<string> args, Func<string, string?> variable, TextWriter output)
    {
        ArgumentNullException.ThrowIfNull(variable);
        faults.Clear();
        origins.Clear();
        var typed = root.Parse(args);
        if (typed.Errors.Count == 0 && typed.Action != root.Action)
        {
            typed.Invoke(new InvocationConfiguration { Output = output });
            return null;
        }

        var result = root.Parse([.. args, .. Added(typed, variable)]);
        string[] wrong = [.. faults, .. result.Errors.Select(Describe)];
        if (wrong.Length > 0)
            throw new StartRefusedException(string.Join('\n', wrong), StartRefusedException.BadOption);
        if (!result.GetValue(print))
            return result;
        Print(result, output);
        return null;
    }

    private static string VariableOf(Option option) => "OTASK_" + FieldOf(option).Replace('-', '_').ToUpperInvariant();

    private static string FieldOf(Option option) => option.Name[2..];

    private static bool IsFlag(Option option) => option.ValueType == typeof(bool);

    private static bool IsList(Option option) => option.ValueType.IsArray;

    /// <summary>Returns arguments for the settings of the environment and the file.</summary>
    private List<string> Added(ParseResult typed, Func<string, string?> variable)
    {
        var added = new List<string>();
        var missing = options.Where(option => typed.GetResult(option) is null or { Implicit: true }).ToList();
        foreach (var option in missing.ToArray())
        {
            var name = VariableOf(option);
            if (variable(name) is not { Length: > 0 } text)
                continue;
            missing.Remove(option);
            Add(added, option, name, IsList(option) ? text.Split(',') : [text]);
        }

        if ((typed.GetValue(file) ?? variable(FileVariable)) is { Length: > 0 } path)
            AddFrom(path, added, missing);
        return added;
    }

    private void AddFrom(string path, List<string> added, List<Option> missing)
    {
        try
        {
            using var document = JsonDocument.Parse(ReadAll(path), Reading);
            var told = new HashSet<string>(StringComparer.Ordinal);
            foreach (var field in document.RootElement.EnumerateObject())
            {
                if (!told.Add(field.Name))
                    faults.Add($"{path}: '{field.Name}' occurs more than once.");
                else if (options.FirstOrDefault(option => FieldOf(option) == field.Name) is not { } option)
                    faults.Add($"{path}: unknown option '{field.Name}'.");
                else if (TextsOf(option, field.Value) is not { } texts)
                    faults.Add($"{path}: '{field.Name}' must be {FormOf(option)}.");
                else if (missing.Remove(option))
                    Add(added, option, path, texts);
            }
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException or IOException or UnauthorizedAccessException)
        {
            faults.Add($"--config cannot be read: {path}: {fault.Message}");
        }
    }

    // A device or a wrong file may have no end.
    private static byte[] ReadAll(string path)
    {
        using var file = File.OpenRead(path);
        var bytes = new byte[MostBytes + 1];
        var length = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        return length <= MostBytes ? bytes[..length] : throw new IOException($"It has more than {MostBytes / 1024} KiB.");
    }

    private static string FormOf(Option option) =>
        IsFlag(option) ? "true or false" : IsList(option) ? "a list of strings" : "a string or a number";

    private static string[]? TextsOf(Option option, JsonElement value) => (value.ValueKind, IsFlag(option), IsList(option)) switch
    {
        (JsonValueKind.True or JsonValueKind.False, true, _) => [value.GetRawText()],
        (JsonValueKind.String, false, false) => [value.GetString()!],
        (JsonValueKind.Number, false, false) => [value.GetRawText()],
        (JsonValueKind.Array, _, true) when value.EnumerateArray().All(static item => item.ValueKind == JsonValueKind.String) =>
            [.. value.EnumerateArray().Select(static item => item.GetString()!)],
        _ => null,
    };

    private void Add(List<string> added, Option option, string origin, string[] texts)
    {
        origins[option.Name] = origin;
        if (!IsFlag(option))
            added.AddRange(texts.Select(text => $"{option.Name}={text}"));
        else if (texts[0] == "true")
            added.Add(option.Name);
        else if (texts[0] != "false")
            faults.Add(InvalidValue.Message(origin, texts[0], "true or false"));
    }

    private string Describe(ParseError error)
    {
        var option = (error.SymbolResult as OptionResult)?.Option;
        var message = option is not INamedSetting named || error.Message.StartsWith("Invalid value ", StringComparison.Ordinal)
            ? error.Message
            : $"{error.Message.TrimEnd('.')}. Expected {named.Expected}.";
        return option is not null && origins.TryGetValue(option.Name, out var origin) ? $"{origin}: {message}" : message;
    }

    private void Print(ParseResult result, TextWriter output)
    {
        foreach (var option in options)
        {
            var given = result.GetResult(option) is { Implicit: false } found ? found : null;
            var (named, texts) = (option as INamedSetting, given?.Tokens.Select(static token => token.Value).ToArray() ?? []);
            var value = given is null ? named?.StandardIn(result) ?? (IsFlag(option) ? "false" : "")
                : named is { IsSecret: true } ? "(not shown)"
                : IsFlag(option) ? "true"
                : string.Join(' ', texts);
            var origin = given is null ? "default" : origins.GetValueOrDefault(option.Name, "command line");
            output.WriteLine($"{option.Name,-20} {value,-32} {origin}".TrimEnd());
        }
    }
}
