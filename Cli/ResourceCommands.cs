using System.CommandLine;
using System.Text.Json.Nodes;
using OrleansTasks.Cli.Api;
using OrleansTasks.Cli.Jobs;
using OrleansTasks.Cli.Output;

namespace OrleansTasks.Cli;

/// <summary>
/// Creates commands that take a resource's id, call the gateway, and show the answer, one field per line.
/// </summary>
/// <param name="path">The path of the resources, such as <c>/api/v1/schedules</c>.</param>
/// <param name="noun">The name of a resource in messages, such as <c>schedule</c>.</param>
/// <param name="text">
/// Returns the human-readable text of a field, from the answer and the field's name. Fields with an empty text are left
/// out.
/// </param>
/// <param name="common">The options of all commands.</param>
/// <param name="output">Receives the answers.</param>
internal sealed class ResourceCommands(
    string path, string noun, Func<JsonNode, string, string> text, CommonOptions common, TextWriter output)
{
    /// <summary>Creates the argument for a resource's id.</summary>
    public Argument<string> Id() => new("id") { Description = $"the {noun}'s id" };

    /// <summary>Returns the path of a resource.</summary>
    public string PathOf(string id) => $"{path}/{(noun == "node" ? PathSegment.Of(id) : PathSegment.OfId(id))}";

    /// <summary>Returns the resource once its state is no longer <c>running</c>.</summary>
    public async Task<JsonNode> End(Gateway gateway, string id, CancellationToken cancellation)
    {
        JsonNode resource;
        do
            resource = await gateway.Get($"{PathOf(id)}?wait=30s", cancellation);
        while (!JobEnd.IsFinal(resource));
        return resource;
    }

    /// <summary>Creates a command that makes a call with the resource's path and shows the answer.</summary>
    public Command Of(
        string name, string description, Func<Gateway, string, ParseResult, CancellationToken, Task<JsonNode>> call)
    {
        var id = Id();
        var command = new Command(name, description) { id };
        command.SetAction(async (result, cancellation) =>
        {
            using var gateway = common.Open(result);
            Show(await call(gateway, PathOf(result.GetValue(id)!), result, cancellation), result);
            return ExitCodes.Done;
        });
        return command;
    }

    /// <summary>Creates a command that posts to the path below the resource with the command's name.</summary>
    public Command Posting(string name, string description) => Of(
        name, description, (gateway, resource, _, cancellation) => gateway.Post($"{resource}/{name}", null, null, cancellation));

    /// <summary>Creates the command <c>delete</c>.</summary>
    public Command Delete(string description)
    {
        var id = Id();
        var command = new Command("delete", description) { id };
        command.SetAction(async (result, cancellation) =>
        {
            using var gateway = common.Open(result);
            await gateway.Delete(PathOf(result.GetValue(id)!), cancellation);
            output.WriteLine($"{TerminalText.Line(result.GetValue(id)!)} deleted");
            return ExitCodes.Done;
        });
        return command;
    }

    /// <summary>Creates a command that lists what belongs to the resource, in the requested form.</summary>
    /// <param name="name">The command's name, which is also the path below the resource.</param>
    /// <param name="description">What the command does.</param>
    /// <param name="filters">Options that narrow the list.</param>
    /// <param name="limit">The option for the number of items; null if the list is never cut.</param>
    /// <param name="query">Adds the filters' values to the query.</param>
    /// <param name="table">Creates the table of the items.</param>
    /// <param name="errors">Receives a line if there are more items.</param>
    public Command Listing(
        string name, string description, Option[] filters, Option<long?>? limit,
        Func<RequestAddress, ParseResult, RequestAddress> query, Func<IEnumerable<JsonNode>, Table> table,
        TextWriter errors)
    {
        var id = Id();
        var command = new Command(name, description) { id };
        foreach (var filter in filters)
            command.Add(filter);
        if (limit is not null)
            command.Add(limit);
        command.SetAction(async (result, cancellation) =>
        {
            using var gateway = common.Open(result);
            var list = limit is null
                ? await gateway.Get(Address().ToString(), cancellation)
                : await Pages.List(gateway, Address, result.GetValue(limit), errors, cancellation);
            common.PrinterOf(result, output).List(list, list.Items(), table);
            return ExitCodes.Done;

            RequestAddress Address() => query(new RequestAddress($"{PathOf(result.GetValue(id)!)}/{name}"), result);
        });
        return command;
    }

    /// <summary>Shows an answer: one field per line, or in the requested form.</summary>
    public void Show(JsonNode shown, ParseResult result) =>
        common.PrinterOf(result, output).One(shown, people =>
        {
            foreach (var (name, _) in shown.AsObject())
            {
                var line = text(shown, name);
                if (line.Length > 0)
                    people.WriteLine($"{name,-18}{TerminalText.Line(line)}");
            }
        });
}
