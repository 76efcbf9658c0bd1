using System.CommandLine;
using OrleansTasks.Cli.Files;
using OrleansTasks.Processing.Paths;

namespace OrleansTasks.Cli.Map;

/// <summary>Which files each task of a map gets and leaves, by the arguments of the task.</summary>
internal sealed class MapFiles
{
    private readonly CommandTemplate[] inputs;
    private readonly CommandTemplate[] artifacts;

    /// <summary>Reads the options.</summary>
    public MapFiles(InputFiles options, ParseResult result)
    {
        inputs = [.. options.InputsIn(result).Select(CommandTemplate.OfValue)];
        artifacts = [.. options.ArtifactsIn(result).Select(CommandTemplate.OfValue)];
    }

    /// <summary>Adds the files of a task. Throws <see cref="UsageException"/>.</summary>
    public MapLine AddTo(MapLine line) => inputs.Length == 0 && artifacts.Length == 0 ? line : line with
    {
        Inputs =
        [
            .. inputs.Select(value => value.FillValue(line.Arguments, line.Number, argument => TextOf(line, argument)))
                .SelectMany(LocalInput.Find),
        ],
        // An argument is a path, not a pattern.
        Artifacts =
        [
            .. artifacts.Select(value => value.FillValue(
                line.Arguments, line.Number, argument => PathPattern.Escape(TextOf(line, argument)))),
        ],
    };

    private static string TextOf(MapLine line, string argument) => ByteText.Decode(argument)
        ?? throw new UsageException(
            $"Argument {line.Number} is the path of a file: {Utf8Fault.In(ByteText.BytesOf(argument))}.");
}
