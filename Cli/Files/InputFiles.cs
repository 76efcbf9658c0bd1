using System.CommandLine;
using System.Text.Json.Nodes;

namespace OrleansTasks.Cli.Files;

/// <summary>The options that send files with a task and say which ones come back.</summary>
internal sealed class InputFiles
{
    private readonly Option<string[]> inputs;
    private readonly Option<string[]> artifacts;

    /// <summary>Creates the options.</summary>
    /// <param name="isOneOfMany">Whether the values have placeholders, one value for each task.</param>
    public InputFiles(bool isOneOfMany = false)
    {
        var holds = isOneOfMany ? "; may have placeholders" : "";
        inputs = SpecFields.Many(
            "--input", "PATH[=NAME]",
            $"a file or folder that the command finds in its working folder, under its name or NAME{holds}");
        inputs.Aliases.Add("-i");
        artifacts = SpecFields.Many(
            "--artifact", "PATTERN", $"keep the files of the working folder that match, such as 'out/**'{holds}");
    }

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        command.Add(inputs);
        command.Add(artifacts);
    }

    /// <summary>Returns whether any of the options is given.</summary>
    public bool AreIn(ParseResult result) => InputsIn(result).Length > 0 || ArtifactsIn(result).Length > 0;

    /// <summary>Returns the values of <c>--input</c>.</summary>
    public string[] InputsIn(ParseResult result) => result.GetValue(inputs) ?? [];

    /// <summary>Returns the values of <c>--artifact</c>.</summary>
    public string[] ArtifactsIn(ParseResult result) => result.GetValue(artifacts) ?? [];

    /// <summary>Returns whether the task is to leave files.</summary>
    public static bool KeepsFiles(JsonObject spec) => spec["artifacts"] is JsonArray { Count: > 0 };

    /// <summary>
    /// Stores the files that the options name, and adds them to a spec. Throws <see cref="UsageException"/>, and
    /// <see cref="Api.RefusedException"/> if the service does not take them.
    /// </summary>
    public async Task Fill(JsonObject spec, ParseResult result, InputSending sending, CancellationToken cancellation)
    {
        AddArtifacts(spec, ArtifactsIn(result));
        if (InputsIn(result) is { Length: > 0 } named)
            spec["files"] = (await sending.Store([[.. named.SelectMany(LocalInput.Find)]], cancellation))[0];
    }

    /// <summary>Adds patterns to a spec, if there are any.</summary>
    public static void AddArtifacts(JsonObject spec, IReadOnlyList<string> patterns)
    {
        if (patterns.Count > 0)
            spec["artifacts"] = new JsonArray([.. patterns.Select(static JsonNode? (pattern) => pattern)]);
    }
}
