using System.CommandLine;
using System.Text.Json.Nodes;
using OrleansTasks.Cli.Api;
using OrleansTasks.Cli.Jobs;
using OrleansTasks.Cli.Output;
using OrleansTasks.Cli.Tasks;

namespace OrleansTasks.Cli.Workflows;

/// <summary><c>otask workflow</c>: submits, shows, cancels and retries workflows.</summary>
internal sealed class WorkflowCommand
{
    private const string Path = "/api/v1/workflows";
    private Option<long?> Limit { get; } =
        NumberOption.Limit("maximum number of entries to list; 0: all [default: 100]");
    private Option<string?> State { get; } = SpecFields.Text("--state", "STATE", "only entries in this state");
    private Option<string?> Queue { get; } = SpecFields.Text("--queue", "NAME", "only workflows of this queue");
    private Option<bool> Wait { get; } = new("--wait", "-w")
    {
        Arity = ArgumentArity.Zero,
        Description = "wait until the workflow has ended; the exit code is 0 if it succeeded, 4 if it failed, 5 if it "
            + "was cancelled",
    };

    /// <summary>Creates the command.</summary>
    public static Command Make(CommonOptions common, TextWriter output, TextWriter errors) =>
        new WorkflowCommand().Build(common, output, errors);

    private Command Build(CommonOptions common, TextWriter output, TextWriter errors)
    {
        var workflows = new ResourceCommands(Path, "workflow", TextOf, common, output);
        return new Command("workflow", "manage workflows, whose tasks and jobs wait for each other")
        {
            Submit(workflows, Present, common, output),
            List(common, output, errors),
            Show(workflows, Present, common),
            workflows.Listing("nodes", "list the nodes of a workflow, in the order of submission", [State], Limit,
                (query, result) => query.Add("state", result.GetValue(State)), Nodes, errors),
            workflows.Posting("cancel", "cancel running and waiting nodes; repeat to also cancel nodes that clean up"),
            workflows.Posting("retry", "run failed, cancelled and skipped nodes again"),
        };

        async Task Present(JsonNode workflow, Gateway gateway, ParseResult result, CancellationToken cancellation)
        {
            workflows.Show(workflow, result);
            if (common.PrinterOf(result, output).IsForPeople)
                await WriteFailures(workflow, gateway, output, cancellation);
        }
    }

    private Command Submit(
        ResourceCommands workflows, Func<JsonNode, Gateway, ParseResult, CancellationToken, Task> present,
        CommonOptions common, TextWriter output)
    {
        var file = new Argument<string>("file") { Description = "a file with the workflow as JSON, or - for standard input" };
        var key = SpecFields.Text(
            "--idempotency-key", "KEY", "idempotency key: repeating a submission with the same key submits it only once");
        var command =
            new Command("submit", "submit a workflow as a whole and print its id") { file, key, Wait };
        command.SetAction(async (result, cancellation) =>
        {
            var body = TextFile.ReadObject("FILE", result.GetValue(file)!);
            using var gateway = common.Open(result);
            if (result.GetValue(Wait))
                await gateway.RequireRead(cancellation);
            var workflow = await gateway.Post(Path, body, result.GetValue(key), cancellation);
            if (result.GetValue(Wait))
            {
                workflow = await workflows.End(gateway, workflow.Id(), cancellation);
                await present(workflow, gateway, result, cancellation);
                return JobEnd.ExitCode(workflow);
            }

            await CreatedNotice.Print(
                output, common.IsJson(result) ? JsonText.Of(workflow) : workflow.Id(), gateway,
                $"workflow {workflow.Id()}", $"{workflows.PathOf(workflow.Id())}/cancel", result.GetValue(key));
            return ExitCodes.Done;
        });
        return command;
    }

    private Command List(CommonOptions common, TextWriter output, TextWriter errors)
    {
        var command = new Command("list", "list the workflows, newest first") { State, Queue, Limit };
        command.SetAction(async (result, cancellation) =>
        {
            using var gateway = common.Open(result);
            var list = await Pages.List(gateway, Address, result.GetValue(Limit), errors, cancellation);
            common.PrinterOf(result, output).List(list, list.Items(), Table);
            return ExitCodes.Done;

            RequestAddress Address() => new RequestAddress(Path)
                .Add("state", result.GetValue(State)).Add("queue", result.GetValue(Queue));
        });
        return command;
    }

    private Command Show(
        ResourceCommands workflows, Func<JsonNode, Gateway, ParseResult, CancellationToken, Task> present,
        CommonOptions common)
    {
        var id = workflows.Id();
        var command = new Command("get", "show a workflow") { id, Wait }.Formerly("show");
        command.SetAction(async (result, cancellation) =>
        {
            using var gateway = common.Open(result);
            var named = result.GetValue(id)!;
            var isAwaited = result.GetValue(Wait);
            var workflow = isAwaited
                ? await workflows.End(gateway, named, cancellation)
                : await gateway.Get(workflows.PathOf(named), cancellation);
            await present(workflow, gateway, result, cancellation);
            return isAwaited ? JobEnd.ExitCode(workflow) : ExitCodes.Done;
        });
        return command;
    }

    // Writes why each failed node failed, where to look, and how to run the failed nodes again.
    private static async Task WriteFailures(
        JsonNode workflow, Gateway gateway, TextWriter output, CancellationToken cancellation)
    {
        string[] failed = [.. (workflow["failedNodes"] as JsonArray ?? []).Select(JsonText.Text)];
        if (failed.Length == 0)
            return;
        var id = workflow.Field("id");
        var nodes = await Pages.Read(
            gateway,
            cursor => new RequestAddress($"{Path}/{PathSegment.OfId(id)}/nodes")
                .Add("state", "failed").Add("cursor", cursor),
            wanted: 0, cancellation);
        foreach (var node in nodes.OfType<JsonNode>().Where(node => failed.Contains(node.Field("name"))))
        {
            var look = node.Field("job") is { Length: > 0 } job ? $"otask job get {job}"
                : node["elements"] is JsonObject ? $"otask list --workflow {id} --state failed"
                : $"otask logs {node.Field("task")}";
            // A node with items has no exit code of its own.
            var items = ItemsOf(node["elements"]) is { Length: > 0 } ended ? $", items {ended}" : "";
            var line = $"{node.Field("name")}: {TaskListing.Reason(node)}{items}; {look}";
            output.WriteLine($"{"",-18}{TerminalText.Line(line)}");
        }

        if (JobEnd.IsFinal(workflow))
            output.WriteLine($"{"",-18}run again what did not succeed: otask workflow retry {id}");
    }

    private static string TextOf(JsonNode shown, string name) => shown[name] switch
    {
        JsonArray items => string.Join(", ", items.Select(static item => item?.ToString())),
        JsonObject fields => string.Join(", ", fields.Select(static field => $"{field.Key} {field.Value}")),
        _ => shown.Field(name),
    };

    private static Table Table(IEnumerable<JsonNode> workflows)
    {
        var table = new Table("ID", "STATE", "RUN", "ENDED", "NODES", "QUEUE", "CREATED", "NAME");
        foreach (var one in workflows)
        {
            table.Add(
                one.Field("id"), one.Field("state"), one.Field("run"), one.Field("ended"), one.Field("nodes"),
                one.Field("queue"), one.Field("createdAt"), one.Field("name"));
        }

        return table;
    }

    private static Table Nodes(IEnumerable<JsonNode> nodes)
    {
        var table = new Table("NODE", "STATE", "ITEMS", "REASON", "EXIT", "AFTER", "TASK", "JOB", "DETAIL");
        foreach (var one in nodes)
        {
            var after = one["after"] is JsonArray edges
                ? string.Join(" ", edges.OfType<JsonNode>().Select(static edge => edge.Field("on") == "succeeded"
                    ? edge.Field("node")
                    : $"{edge.Field("node")}:{edge.Field("on")}"))
                : "";
            table.Add(
                one.Field("name"), one.Field("state"), ItemsOf(one["elements"]), one.Field("reason"),
                one.Field("exitCode"), after, one.Field("task"), one.Field("job"), one.Field("detail"));
        }

        return table;
    }

    // Returns how many items have ended out of how many, and how many of their tasks have failed.
    private static string ItemsOf(JsonNode? elements)
    {
        if (elements is not JsonObject items)
            return "";
        var byState = items.Required("byState");
        var ended = CountOf("succeeded") + CountOf("failed") + CountOf("cancelled");
        var total = items["total"]?.ToString() ?? "?";
        return CountOf("failed") is var failed and > 0 ? $"{ended}/{total}, {failed} failed" : $"{ended}/{total}";

        long CountOf(string state) => byState.Field(state).Length == 0 ? 0 : byState.Whole(state);
    }
}
