using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.Docs;

/// <summary>
/// Checks commands that tests cannot run: that there are such subcommands, options, make targets, files, units, test
/// classes and calls of the API.
/// </summary>
/// <param name="contract">The OpenAPI document of a gateway.</param>
internal sealed partial class NamedCommands(JsonNode contract)
{
    private static readonly string[] OfTheSystem =
    [
        ".", "apt-get", "caddy", "cat", "cd", "chmod", "claude", "date", "docker", "dpkg", "echo", "export", "find", "git", "inspect", "jq", "ln", "ls", "mail", "mkdir", "nginx", "npm",
        "npx", "openssl", "patch", "pip", "printf", "pwd", "python3", "read", "sed", "sha256sum", "tar", "useradd", "uuidgen", "xargs",
    ];

    private static readonly string[] Programs = ["run", "worker", "silo", "gateway"];
    private static readonly string Makefile = string.Concat(
        from file in (string[])["Makefile", "lab/Makefile"] select File.ReadAllText(Path.Combine(BuiltPrograms.Repository, file)));

    /// <summary>Returns what is wrong with a script.</summary>
    public async Task<List<string>> FaultsOf(string script)
    {
        var faults = new List<string>();
        // A start's --file-root must exist.
        foreach (var folder in ShellWords.Split(script).Where(static command => command is ["mkdir", "-p", _] && command[2].StartsWith("/tmp/", StringComparison.Ordinal)))
            Directory.CreateDirectory(folder[2]);
        var syntax = await Finished.Run("/bin/bash", "-n", "-c", script);
        if (syntax.ExitCode != 0)
            faults.Add($"syntax: {syntax.Errors.Trim()}");
        var commands = ShellWords.Split(script).ToList();
        // A project that the block itself makes from a template.
        var made = commands.Where(static command => command is ["dotnet", "new", _, "-o", _]).Select(static command => command[4]).ToHashSet();
        foreach (var command in commands)
        {
            if (command is ["dotnet", "run", "--project", var project, ..] && made.Contains(project))
                continue;
            if (await FaultOf(command) is { } fault)
                faults.Add($"'{string.Join(' ', command)}': {fault}");
            faults.AddRange(command.Where(IsMissingFile).Select(static file => $"there is no {file} in the repository"));
        }

        return faults;
    }

    /// <summary>Returns what is wrong with a command that prose names, perhaps without all that it needs.</summary>
    public static async Task<List<string>> FaultsOfSpan(string span)
    {
        var faults = new List<string>();
        foreach (var command in ShellWords.Split(span))
        {
            if (command[0] == "otask")
                faults.AddRange(MistakesOfOtask(command[1..]).Where(static mistake => !mistake.Contains("required", StringComparison.OrdinalIgnoreCase)));
            else if (command[0] == "make" && await FaultOfMake(command[1..]) is { } fault)
                faults.Add(fault);
        }

        return faults;
    }

    private async Task<string?> FaultOf(string[] command) => command[0] switch
    {
        "otask" or "bin/otask" => FaultOfOtask(command[1..]),
        "make" => await FaultOfMake(command[1..]),
        "dotnet" => await FaultOfDotnet(command[1..]),
        "curl" => FaultOfCurl(command[1..]),
        "cp" => command[1..^1].FirstOrDefault(static file => !file.StartsWith('$') && !IsInRepository(file)) is { } missing ? $"there is no {missing}" : null,
        "systemctl" => command[2..].Where(static unit => !unit.StartsWith('-'))
            .FirstOrDefault(static unit => !IsInRepository($"deploy/systemd/{unit}.service")) is { } unit ? $"there is no unit {unit}" : null,
        _ when command[0].EndsWith(".Tests", StringComparison.Ordinal) => FaultOfTests(command),
        _ when command[0].Contains('/') || OfTheSystem.Contains(command[0]) => null,
        _ => "no check knows this command",
    };

    private static string? FaultOfOtask(string[] arguments)
    {
        var mistakes = MistakesOfOtask(arguments);
        return mistakes.Count == 0 ? null : string.Join(' ', mistakes);
    }

    // In an example, a word in capitals stands for any value: ID, N.
    private static IReadOnlyList<string> MistakesOfOtask(string[] arguments) =>
        new global::OrleansTasks.Cli.CommandLine(TextWriter.Null, TextWriter.Null)
            .MistakesIn([.. arguments.Select(static word => word == "N" ? "1" : word)]);

    private static async Task<string?> FaultOfMake(string[] words)
    {
        var targets = words.Where(static word => !word.Contains('=')).ToArray();
        if (targets.FirstOrDefault(static target => !Makefile.Contains($"\n{target}:", StringComparison.Ordinal)) is { } unknown)
            return $"there is no target {unknown}";
        foreach (var setting in words.Except(targets).Select(static word => word.Split('=', 2)))
        {
            if (!Regex.IsMatch(Makefile, $@"\$\(({setting[0]}\)|or \$\({setting[0]}\))|\$\$\{{{setting[0]}:|^export .*\b{setting[0]}\b", RegexOptions.Multiline))
                return $"the Makefile does not use {setting[0]}";
            if (setting[0] == "ARGS" && Programs.Contains(targets[0]))
                return await FaultOfStart("make", [.. BuiltPrograms.MakeAsBuilt, targets[0], $"ARGS={setting[1]} --print-config"]);
            if (setting[0] == "ARGS" && targets[0] == "simulate")
                return FaultOfSimulation(setting[1]);
        }

        return null;
    }

    private static string? FaultOfSimulation(string arguments)
    {
        var sources = string.Concat(Directory.GetFiles(Path.Combine(BuiltPrograms.Repository, "tests", "Simulation"), "*.cs", SearchOption.AllDirectories)
            .Select(File.ReadAllText));
        return ShellWords.Split(arguments).Single()
            .FirstOrDefault(word => IsMissingFile(word) || (word.StartsWith("--", StringComparison.Ordinal) && !sources.Contains($"\"{word}\"", StringComparison.Ordinal)))
            is { } unknown ? $"there is no {unknown}" : null;
    }

    private static async Task<string?> FaultOfDotnet(string[] words)
    {
        string[] options = [.. words.TakeWhile(static word => word != "--")];
        if (options[0] is "add" or "new" or "nuget" or "test" or "tool")
            return null;
        var project = Array.IndexOf(options, "--project") is >= 0 and var at ? options[at + 1]
            : options.Length > 1 && !options[1].StartsWith('-') ? options[1] : ".";
        if (!IsInRepository(project))
            return $"there is no project {project}";
        string[] arguments = [.. words.Skip(options.Length + 1), "--print-config"];
        // A sample has options of its own.
        return options[0] != "run" || project.StartsWith("samples/", StringComparison.Ordinal) ? null : await FaultOfStart(project switch
        {
            "Silo" => BuiltPrograms.Silo,
            "AllInOne" => BuiltPrograms.AllInOne,
            _ => BuiltPrograms.Client,
        }, arguments);
    }

    // The program reads and checks its options, and starts nothing.
    private static async Task<string?> FaultOfStart(string program, string[] arguments)
    {
        var ended = await Finished.Run(program, arguments);
        return ended.ExitCode == 0 ? null : ended.Errors.Trim();
    }

    private static string? FaultOfTests(string[] command)
    {
        var project = Path.GetFileName(command[0]);
        if (!Directory.Exists(Path.Combine(BuiltPrograms.Repository, "tests", project)))
            return $"there is no project {project}";
        return Array.IndexOf(command, "--filter-class") is > 0 and var at && !Directory
            .GetFiles(Path.Combine(BuiltPrograms.Repository, "tests", project), "*.cs", SearchOption.AllDirectories)
            .Any(file => Regex.IsMatch(File.ReadAllText(file), $@"\bclass \w*{command[at + 1].TrimStart('*')}\b"))
            ? $"there is no class {command[at + 1]}"
            : null;
    }

    private string? FaultOfCurl(string[] words)
    {
        var address = words.Select(static word => Uri.TryCreate(word, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" ? url : null)
            .FirstOrDefault(static url => url is not null);
        if (address is null)
            return "it names no address";
        var method = Array.IndexOf(words, "-X") is >= 0 and var at ? words[at + 1] : words.Contains("-d") ? "POST" : "GET";
        var call = contract["paths"]!.AsObject().Where(path => Regex.IsMatch(
                address.AbsolutePath, $"^{Placeholder().Replace(path.Key, "[^/]+")}$"))
            .Select(path => path.Value![method.ToLowerInvariant()]).FirstOrDefault(static found => found is not null);
        if (call is null)
            return $"the API has no call {method} {address.AbsolutePath}";
        var known = (call["parameters"] as JsonArray ?? []).Select(static parameter => (string?)parameter!["name"]).ToArray();
        return address.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries).Select(static pair => pair.Split('=')[0])
            .FirstOrDefault(name => !known.Contains(name)) is { } unknown ? $"the call has no parameter {unknown}" : null;
    }

    // A path whose first folder is one of the repository's; what a build makes is not there yet.
    private static bool IsMissingFile(string word) =>
        word.Contains('/') && word.Split('/')[0] is { Length: > 0 } folder and not ("." or ".." or "artifacts" or "bin")
        && IsInRepository(folder) && !word.Contains('*') && !IsInRepository(word);

    private static bool IsInRepository(string path) => Path.Exists(Path.Combine(BuiltPrograms.Repository, path));

    [GeneratedRegex(@"\{\w+\}")]
    private static partial Regex Placeholder();
}
