using System.CommandLine;
using System.Text.Json.Nodes;
using OrleansTasks.Cli.Api;
using OrleansTasks.Cli.Output;

namespace OrleansTasks.Cli;

/// <summary>Makes commands that name one resource by its id, call the gateway, and show the answer, one field a line.</summary>
/// <param name="path">The path of the resources, such as <c>/api/v1/schedules</c>.</param>
/// <param name="noun">What one is called, such as <c>schedule</c>.</param>
/// <param name="text">The text of a field for people: the answer, the field's name. Fields without text are left out.</param>
/// <param name="common">The options of all commands.</param>
/// <param name="output">Where answers go.</param>
internal sealed class ResourceCommands(
    string path, string noun, Func<JsonNode, string, string> text, CommonOptions common, TextWriter output)
{
    /// <summary>The argument that names a resource.</summary>
    public Argument<string> Id() => new("id") { Description = $"the {noun}'s id" };

    /// <summary>The path of a resource.</summary>
    public string PathOf(string id) => $"{path}/{Uri.EscapeDataString(id)}";

    /// <summary>Makes a command that calls the gateway with the resource's path, and shows the answer.</summary>
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

    /// <summary>Makes a command that posts to the path below the resource that has the command's name.</summary>
    public Command Posting(string name, string description) => Of(
        name, description, (gateway, resource, _, cancellation) => gateway.Post($"{resource}/{name}", null, null, cancellation));

    /// <summary>Makes the command <c>delete</c>.</summary>
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

    /// <summary>Makes a command that lists what belongs to the resource: in the form that is asked for.</summary>
    /// <param name="name">The command's name, and of the path below the resource.</param>
    /// <param name="description">What it does.</param>
    /// <param name="filters">Options that narrow the list.</param>
    /// <param name="query">Adds the options' values to the query.</param>
    /// <param name="table">Makes the table of the items.</param>
    public Command Listing(
        string name, string description, Option[] filters, Func<Query, ParseResult, Query> query, Func<IEnumerable<JsonNode>, Table> table)
    {
        var id = Id();
        var command = new Command(name, description) { id };
        foreach (var filter in filters)
            command.Add(filter);
        command.SetAction(async (result, cancellation) =>
        {
            using var gateway = common.Open(result);
            var address = query(new Query($"{PathOf(result.GetValue(id)!)}/{name}"), result);
            var list = await gateway.Get(address.ToString(), cancellation);
            common.PrinterOf(result, output).List(list, list.Items(), table);
            return ExitCodes.Done;
        });
        return command;
    }

    /// <summary>Shows an answer: one field a line, or in the form that is asked for.</summary>
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
