using System.CommandLine;
using System.Text.Json.Nodes;
using OrleansTasks.Cli.Api;
using OrleansTasks.Cli.Streams;
using OrleansTasks.Cli.Tasks;

namespace OrleansTasks.Cli.Watching;

/// <summary><c>otask watch</c>: shows tasks until all of them have ended.</summary>
internal static class WatchCommand
{
    /// <summary>Creates the command.</summary>
    public static Command Make(CommonOptions common, TextWriter output, TextWriter errors)
    {
        var ids = new Argument<string[]>("id") { Description = "the tasks' ids", Arity = ArgumentArity.OneOrMore };
        var command = new Command("watch", "show tasks and refresh on every change until all have ended") { ids };
        command.SetAction(async (result, cancellation) =>
        {
            using var gateway = common.Open(result);
            var printer = common.PrinterOf(result, output);
            var listing = new LiveTaskListing(
                Read, output, printer, static tasks => tasks.All(static task => TaskExit.IsFinal(task!)));
            JsonArray ended;
            try
            {
                ended = await listing.Run(cancellation);
            }
            catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
            {
                errors.WriteLine(
                    $"otask: interrupted; the tasks are not changed. To go on: otask watch {string.Join(' ', result.GetValue(ids)!)}");
                throw;
            }

            // Print the final state, because closing the screen restores the terminal's earlier content.
            if (TerminalWriter.CanDrawOn(output))
                TaskListing.Of(ended.OfType<JsonNode>(), printer.IsWide).Write(output);
            return ExitCodes.Done;

            async Task<JsonArray> Read(CancellationToken stop) => new(await Task.WhenAll(
                result.GetValue(ids)!.Select(id => gateway.Get($"/api/v1/tasks/{PathSegment.OfId(id)}", stop))));
        });
        return command;
    }
}
