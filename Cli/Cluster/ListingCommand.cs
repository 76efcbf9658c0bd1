using System.CommandLine;
using System.Text.Json.Nodes;
using OrleansTasks.Cli.Output;

namespace OrleansTasks.Cli.Cluster;

/// <summary>A command that shows a short list of the gateway's as a table.</summary>
internal static class ListingCommand
{
    /// <summary>Makes one.</summary>
    public static Command Make(
        string name, string description, string path, CommonOptions common, TextWriter output, Func<IEnumerable<JsonNode>, Table> show)
    {
        var command = new Command(name, description);
        command.SetAction(async (result, cancellation) =>
        {
            using var gateway = common.Open(result);
            var list = await gateway.Get(path, cancellation);
            common.PrinterOf(result, output).List(list, list.Items(), show);
            return ExitCodes.Done;
        });
        return command;
    }
}
