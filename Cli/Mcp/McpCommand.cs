using System.CommandLine;
using OrleansTasks.Cli.Streams;

namespace OrleansTasks.Cli.Mcp;

/// <summary>
/// <c>otask mcp</c>: offers the gateway's tools to an MCP client that starts otask and talks to it over standard input
/// and output.
/// </summary>
internal static class McpCommand
{
    /// <summary>Creates the command.</summary>
    public static Command Make(CommonOptions common, TextWriter output)
    {
        var command = new Command("mcp", "serve tools for tasks to a language model (MCP over standard input and output)");
        command.SetAction(async (result, cancellation) =>
        {
            using var gateway = common.Open(result);
            await using var input = Open();
            using var bridge = new McpBridge(gateway, output);
            await bridge.Run(input, cancellation);
            return ExitCodes.Done;
        });
        return command;
    }

    private static Stream Open()
    {
        try
        {
            return StandardInput.Open();
        }
        catch (IOException e)
        {
            throw new UsageException(e.Message);
        }
    }
}
