using System.CommandLine;
using System.Text.Json.Nodes;
using OrleansTasks.Cli.Api;
using OrleansTasks.Cli.Output;

namespace OrleansTasks.Cli.Cluster;

/// <summary>Creates commands that show one of the gateway's short lists as a table.</summary>
internal static class ListingCommand
{
    /// <summary>Creates the command.</summary>
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
