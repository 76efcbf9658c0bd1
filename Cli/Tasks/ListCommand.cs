using System.CommandLine;
using System.Text.Json.Nodes;
using OrleansTasks.Cli.Api;
using OrleansTasks.Cli.Watching;

namespace OrleansTasks.Cli.Tasks;

/// <summary><c>otask list</c>: lists tasks, newest first.</summary>
internal static class ListCommand
{
    /// <summary>Creates the command.</summary>
    public static Command Make(CommonOptions common, TextWriter output, TextWriter errors)
    {
        var limit = NumberOption.Whole("--limit", "-n", "maximum number of tasks to list; 0: all", 20);
        var sort = new Option<string?>("--sort")
        {
            HelpName = "ORDER",
            Description = "-created (the default), -ended, -took or -memory, as in --sort=-took",
        };
        var watch = new Option<bool>("--watch", "-w")
        {
            Arity = ArgumentArity.Zero,
            Description =
                "refresh the list every second until Ctrl-C; in a pipe, print a line for each new or changed task",
        };
        var filters = new FilterOptions();
        var command = new Command("list", "list tasks, newest first or in another order") { limit, sort, watch };
        filters.AddTo(command);
        command.SetAction(async (result, cancellation) =>
        {
            var wanted = result.GetValue(limit);
            if (wanted < 0)
                throw UsageException.OfValue("--limit", $"{wanted}", "0 or a larger whole number");
            var printer = common.PrinterOf(result, output);
            using var gateway = common.Open(result);
            if (result.GetValue(watch))
            {
                await new LiveTaskListing(Page, output, printer).Run(cancellation);
                return ExitCodes.Done;
            }

            var tasks = await Read(cancellation, result.GetResult(limit) is { Implicit: false } ? null : errors);
            printer.List(tasks, tasks.OfType<JsonNode>(), items => TaskListing.Of(items, printer.IsWide));
            return ExitCodes.Done;

            Task<JsonArray> Page(CancellationToken stop) => Read(stop, null);

            Task<JsonArray> Read(CancellationToken stop, TextWriter? cut) => Pages.Read(
                gateway,
                cursor => filters.Fill(new RequestAddress("/api/v1/tasks"), result).Add("sort", result.GetValue(sort))
                    .Add("view", printer.IsForPeople ? "row" : null).Add("cursor", cursor),
                wanted, stop, cut);
        });
        return command;
    }
}
