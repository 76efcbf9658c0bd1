using System.CommandLine;
using System.Text.Json.Nodes;
using OrleansTasks.Cli.Api;
using OrleansTasks.Cli.Output;

namespace OrleansTasks.Cli.Tasks;

/// <summary><c>otask why</c>: explains why a task does not run yet, or shows its state.</summary>
internal static class WhyCommand
{
    // The width of the first column, left-aligned.
    private const int Column = -18;

    /// <summary>Creates the command.</summary>
    public static Command Make(CommonOptions common, TextWriter output)
    {
        var id = new Argument<string>("id") { Description = "the task's id" };
        var nodes = new Option<bool>("--nodes") { Arity = ArgumentArity.Zero, Description = "also show each node, and whether it can run the task" };
        var command = new Command("why", "show why a task is not running yet, and when it will probably start") { id, nodes };
        command.SetAction(async (result, cancellation) =>
        {
            using var gateway = common.Open(result);
            var path = $"/api/v1/tasks/{PathSegment.OfId(result.GetValue(id)!)}";
            var why = await gateway.Get($"{path}/why{(result.GetValue(nodes) ? "?nodes=true" : "")}", cancellation);
            var printer = common.PrinterOf(result, output);
            // If there are no reasons, the task's state explains it.
            var task = printer.IsForPeople && why.List("reasons").Count == 0
                ? await gateway.Get(path, cancellation)
                : null;
            printer.One(why, people => Write(result.GetValue(id)!, why, task, people));
            return ExitCodes.Done;
        });
        return command;
    }

    private static void Write(string id, JsonNode why, JsonNode? task, TextWriter output)
    {
        if (task is not null)
            output.WriteLine(TerminalText.Line(StateOf(task)));
        foreach (var reason in why.Objects("reasons"))
        {
            output.WriteLine($"{reason.Field("code"),Column}{TerminalText.Line(reason.Field("detail"))}");
            foreach (var waited in reason["tasks"] as JsonArray ?? [])
                output.WriteLine($"{"",Column}{waited}");
        }

        if (why.Field("estimatedStart") is { Length: > 0 } start)
            output.WriteLine($"{(why.Field("confidence") == "exact" ? "starts at" : "starts about"),Column}{start}{How(why)}");
        if (why["nodes"] is not JsonArray nodes)
        {
            if (why.List("reasons").Count > 0)
                output.WriteLine($"{"nodes",Column}which nodes can run it: otask why --nodes {id}");
            return;
        }

        if (why.Field("position") is { Length: > 0 } position)
            output.WriteLine($"{"position",Column}{position}");
        if (why.Field("since") is { Length: > 0 } since)
            output.WriteLine($"{"waits since",Column}{since}");
        foreach (var node in nodes.OfType<JsonNode>())
        {
            var fit = node.Field("detail") is { Length: > 0 } detail ? detail : "This node can run the task.";
            output.WriteLine($"{TerminalText.Line(node.Field("node")),Column}{TerminalText.Line(fit)}");
        }
    }

    private static string How(JsonNode why) => why["estimatedRange"] is JsonObject range
        ? $", from {range.Field("from")} to {range.Field("to")} by {range.Field("samples")} past estimates"
        : why.Field("confidence") == "rough" ? ", a rough estimate" : "";

    private static string StateOf(JsonNode task) => task.Field("state") switch
    {
        "running" => $"It has been running on {task.Field("node")} since {task.Field("startedAt")}.",
        "assigned" => $"It is assigned to {task.Field("node")} and is about to start there.",
        "queued" or "scheduled" => "Nothing blocks it: it is about to start.",
        var state => $"It {(state == "cancelled" ? "was" : "has")} {state} ({TaskListing.Reason(task)}) "
            + $"at {task.Field("endedAt")}."
            + (task.Field("reason") == "skipped" && task["workflow"] is { } workflow
                ? $" A node that it waited for did not succeed; see: otask workflow get {workflow.Field("id")}"
                : "")
            + (TaskExit.MessageOf(task) is { } message ? $" It {message}" : ""),
    };
}
