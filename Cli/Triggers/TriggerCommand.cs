using System.CommandLine;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using OrleansTasks.Cli.Cluster;
using OrleansTasks.Cli.Output;
using static OrleansTasks.Cli.SpecFields;

namespace OrleansTasks.Cli.Triggers;

/// <summary><c>otask trigger</c>: stores, shows, tests and deletes triggers.</summary>
internal sealed class TriggerCommand
{
    private const string Path = "/api/v1/triggers";

    private Option<string?> Definition { get; } = Text(
        "--definition", "NAME", "the definition to run for each delivery");
    private Option<string?> Kind { get; } = Text(
        "--signature", "KIND", "how the sender signs: github, gitlab, slack, hmac-sha256, standard-webhooks or token");
    private Option<string?> SecretFile { get; } = Text(
        "--secret-file", "FILE",
        "a file with the secret, if the sender makes it; by default the service makes one and prints it once");
    private Option<string?> Header { get; } = Text(
        "--secret-header", "HEADER", "the header with the secret, of the kind token [default: X-Trigger-Token]");
    private Option<string[]> Pointers { get; } = Many(
        "--pointer", "NAME=POINTER", "takes a parameter's value from the body, by a JSON pointer");
    private Option<string[]> Headers { get; } = Many(
        "--header", "NAME=HEADER", "takes a parameter's value from a header");
    private Option<string[]> Values { get; } = Many("--value", "NAME=VALUE", "gives a parameter a value");
    private Option<string[]> Equal { get; } = Many(
        "--equals", "WHERE=VALUE", "only deliveries with this value, at a JSON pointer or in a header");
    private Option<string[]> Matches { get; } = Many(
        "--matches", "WHERE=REGEX", "only deliveries with a value that matches, at a JSON pointer or in a header");
    private Option<long?> Rate { get; } = NumberOption.Whole("--rate", "the most runs a minute [default: 60]");
    private Option<bool> Paused { get; } = new("--paused") { Description = "refuse deliveries with 410" };
    private Option<string?> Description { get; } = Text("--description", "TEXT", "what the trigger is for");

    /// <summary>Creates the command.</summary>
    public static Command Make(CommonOptions common, TextWriter output) =>
        new TriggerCommand().Build(common, output);

    private Command Build(CommonOptions common, TextWriter output)
    {
        var triggers = new ResourceCommands(Path, "trigger", JsonText.FieldUnlessEmpty, common, output);
        var set = triggers.Of(
            "set", "create or replace a trigger; omitted settings take their defaults, except the secret",
            (gateway, path, result, cancellation) => gateway.Put(path, Body(result), cancellation));
        Option[] settings =
            [Definition, Kind, SecretFile, Header, Pointers, Headers, Values, Equal, Matches, Rate, Paused, Description];
        foreach (var option in settings)
            set.Add(option);
        return new Command("trigger", "manage triggers, by which other systems start definitions without a key")
        {
            List(common, output),
            triggers.Of("show", "show a trigger, without its secret",
                static (gateway, path, _, cancellation) => gateway.Get(path, cancellation)),
            set,
            triggers.Posting("rotate", "create a new secret and print it once; the old one is no longer valid"),
            Test(triggers),
            triggers.Delete("delete a trigger"),
        };
    }

    private static Command List(CommonOptions common, TextWriter output) =>
        ListingCommand.Make("list", "list the triggers", Path, common, output, static triggers =>
        {
            var table = new Table("NAME", "DEFINITION", "SIGNATURE", "RATE", "PAUSED", "CHANGED", "DESCRIPTION");
            foreach (var one in triggers)
            {
                table.Add(
                    one.Field("name"), one.Field("definition"), one["signature"]?.Field("kind") ?? "",
                    one.Field("rate"), one.Field("paused"),
                    one.Field("changedAt"), one.Field("description"));
            }

            return table;
        });

    private Command Test(ResourceCommands triggers)
    {
        Option<string?> file = new("--file", "-f")
        {
            HelpName = "FILE", Description = "the delivery's body, or - for standard input [default: {}]",
        };
        var header = Many("--delivery-header", "HEADER=VALUE", "a header of the delivery, such as X-GitHub-Event=push");
        var command = triggers.Of(
            "test", "show what a delivery would start; nothing is started", (gateway, path, result, cancellation) =>
        {
            var content = new ByteArrayContent(
                result.GetValue(file) is { } name ? TextFile.Bytes("--file", name) : "{}"u8.ToArray());
            content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            return gateway.PostContent(
                $"{path}/test", content, cancellation, Pairs.List(header.Name, result.GetValue(header)));
        });
        command.Add(file);
        command.Add(header);
        return command;
    }

    private JsonObject Body(ParseResult result)
    {
        var body = new JsonObject();
        Set(body, "definition", result.GetValue(Definition));
        Set(body, "description", result.GetValue(Description));
        var signature = new JsonObject();
        Set(signature, "kind", result.GetValue(Kind));
        Set(signature, "header", result.GetValue(Header));
        if (result.GetValue(SecretFile) is { } file)
            signature["secret"] = TextFile.Read("--secret-file", file).TrimEnd('\r', '\n');
        body["signature"] = signature;
        var parameters = new JsonObject();
        (Option<string[]>, string)[] sources = [(Pointers, "pointer"), (Headers, "header"), (Values, "value")];
        foreach (var (option, member) in sources)
        {
            foreach (var (name, value) in Pairs.List(option.Name, result.GetValue(option)))
                parameters[name] = new JsonObject { [member] = value };
        }

        body["parameters"] = parameters;
        var filter = new JsonArray();
        foreach (var (option, member) in ((Option<string[]>, string)[])[(Equal, "equals"), (Matches, "matches")])
        {
            foreach (var (where, value) in Pairs.List(option.Name, result.GetValue(option)))
            {
                filter.Add((JsonNode)new JsonObject
                {
                    [where.StartsWith('/') ? "pointer" : "header"] = where,
                    [member] = member == "equals" ? ValueOf(value) : value,
                });
            }
        }

        body["filter"] = filter;
        Set(body, "rate", result.GetValue(Rate));
        if (result.GetValue(Paused))
            body["paused"] = true;
        return body;
    }

    // A number, true or false stands for itself; anything else is a text.
    private static JsonNode ValueOf(string text) => text switch
    {
        "true" => true,
        "false" => false,
        _ => long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            ? number : text,
    };
}
