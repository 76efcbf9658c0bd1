using System.CommandLine;

namespace OrleansTasks.Cli.Help;

/// <summary>
/// <c>otask explain</c>: describes the fields of request bodies, from the gateway's OpenAPI document.
/// </summary>
internal static class ExplainCommand
{
    /// <summary>Creates the command.</summary>
    public static Command Make(CommonOptions common, TextWriter output)
    {
        var path = new Argument<string?>("field")
        {
            Description =
                $"what to explain, such as task, task.retry or queue.ratePerSecond; the first word is one of {SchemaGuide.Roots}",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var command =
            new Command("explain", "describe the fields of tasks, jobs, queues, schedules and webhooks") { path };
        command.SetAction(async (result, cancellation) =>
        {
            using var gateway = common.Open(result);
            var guide = new SchemaGuide(await gateway.Get("/openapi/v1.json", cancellation));
            var found = guide.Find(result.GetValue(path) ?? "task");
            common.PrinterOf(result, output).One(found, people => guide.Write(found, people));
            return ExitCodes.Done;
        });
        return command;
    }
}
