using System.CommandLine;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using OrleansTasks.Cli.Api;
using OrleansTasks.Cli.Output;
using OrleansTasks.Processing.Files;
using OrleansTasks.Processing.Paths;

namespace OrleansTasks.Cli.Files;

/// <summary>
/// The options that send files with a task and say which ones come back. What the service has already is not sent again.
/// </summary>
internal sealed class InputFiles
{
    private const int MostAsked = 10_000;
    private const int AtATime = 4;

    private readonly Option<string[]> inputs = SpecFields.Many(
        "--input", "PATH[=NAME]", "a file or folder that the command finds in its working folder, under its name or NAME");

    private readonly Option<string[]> artifacts = SpecFields.Many(
        "--artifact", "PATTERN", "keep the files of the working folder that match, such as 'out/**'");

    /// <summary>Creates the options.</summary>
    public InputFiles() => inputs.Aliases.Add("-i");

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        command.Add(inputs);
        command.Add(artifacts);
    }

    /// <summary>Returns whether any of the options is given.</summary>
    public bool AreIn(ParseResult result) =>
        result.GetValue(inputs) is { Length: > 0 } || result.GetValue(artifacts) is { Length: > 0 };

    /// <summary>Returns whether the task is to leave files.</summary>
    public static bool KeepsFiles(JsonObject spec) => spec["artifacts"] is JsonArray { Count: > 0 };

    /// <summary>
    /// Stores the files that the options name, and adds them to a spec. Throws <see cref="UsageException"/>, and
    /// <see cref="RefusedException"/> if the service does not take them.
    /// </summary>
    public async Task Fill(JsonObject spec, ParseResult result, Gateway gateway, CancellationToken cancellation)
    {
        if (result.GetValue(artifacts) is { Length: > 0 } patterns)
            spec["artifacts"] = new JsonArray([.. patterns.Select(static JsonNode? (pattern) => pattern)]);
        if (result.GetValue(inputs) is not { Length: > 0 } named)
            return;
        var files = named.SelectMany(Find).ToList();
        foreach (var file in files)
        {
            if (FolderPath.FindFault(file.Name) is { } fault)
                throw new UsageException($"--input: {TerminalText.Line(file.Path)} would be at {TerminalText.Line(file.Name)}, which {fault}. Give a name: PATH=NAME");
        }

        var hashes = new FileName[files.Count];
        for (var i = 0; i < files.Count; i++)
            hashes[i] = await HashOf(files[i].Path, cancellation);
        await Send(gateway, files, hashes, cancellation);
        spec["files"] = new JsonArray([.. files.Select(JsonNode? (file, i) => new JsonObject
        {
            ["path"] = file.Name, ["file"] = hashes[i].ToString(), ["executable"] = IsExecutable(file.Path),
        })]);
    }

    private static IEnumerable<(string Path, string Name)> Find(string named)
    {
        var (path, name) = (named, (string?)null);
        // A file whose own name has the sign is meant before anything else.
        if (!File.Exists(named) && !Directory.Exists(named) && named.LastIndexOf('=') is > 0 and var at)
            (path, name) = (named[..at], named[(at + 1)..]);
        if (File.Exists(path))
            return [(path, name ?? NameOf(path))];
        if (!Directory.Exists(path))
            throw new UsageException($"--input: {TerminalText.Line(path)} does not exist.");
        var folder = (name ?? NameOf(path)).TrimEnd('/');
        // Links to folders are not followed, because they can lead in circles.
        return Directory.EnumerateFiles(path, "*", new EnumerationOptions
        {
            RecurseSubdirectories = true, AttributesToSkip = FileAttributes.Device, IgnoreInaccessible = false,
        }).Order(StringComparer.Ordinal).Select(file =>
        {
            var inner = Path.GetRelativePath(path, file);
            return (file, folder is "" or "." ? inner : $"{folder}/{inner}");
        });
    }

    // A path below this folder keeps its folders; any other has only its last name.
    private static string NameOf(string path)
    {
        var inner = Path.GetRelativePath(Environment.CurrentDirectory, Path.GetFullPath(path));
        return inner == "." ? "." : inner.StartsWith("..", StringComparison.Ordinal) || Path.IsPathRooted(inner)
            ? Path.GetFileName(Path.GetFullPath(path).TrimEnd('/')) : inner;
    }

    private static async Task<FileName> HashOf(string path, CancellationToken cancellation)
    {
        await using var content = File.OpenRead(path);
        return FileName.Read(await SHA256.HashDataAsync(content, cancellation));
    }

    private static bool IsExecutable(string path) => !OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & UnixFileMode.UserExecute) != 0;

    private static async Task Send(
        Gateway gateway, List<(string Path, string Name)> files, FileName[] hashes, CancellationToken cancellation)
    {
        var paths = new Dictionary<FileName, string>();
        for (var i = 0; i < hashes.Length; i++)
            paths.TryAdd(hashes[i], files[i].Path);
        foreach (var asked in paths.Keys.Chunk(MostAsked))
        {
            var body = new JsonObject { ["files"] = new JsonArray([.. asked.Select(static JsonNode? (name) => name.ToString())]) };
            var answer = await gateway.Post("/api/v1/files/missing", body, null, cancellation);
            var missing = (answer["missing"] as JsonArray ?? []).Select(static name => FileName.Parse(JsonText.Text(name)));
            await Parallel.ForEachAsync(missing, new ParallelOptions { MaxDegreeOfParallelism = AtATime, CancellationToken = cancellation },
                async (name, stop) =>
                {
                    await using var content = File.OpenRead(paths[name]);
                    await gateway.PutContent($"/api/v1/files/{name}", new StreamContent(content), stop);
                });
        }
    }
}
