using System.CommandLine;
using System.Text.Json.Nodes;
using OrleansTasks.Cli.Api;
using OrleansTasks.Cli.Cluster;
using OrleansTasks.Cli.Output;

namespace OrleansTasks.Cli.Webhooks;

/// <summary><c>otask webhook</c>: makes, shows, changes and tries webhooks.</summary>
internal static class WebhookCommand
{
    private const string Path = "/api/v1/webhooks";

    private static readonly Option<string?> Url = new("--to")
    {
        HelpName = "URL",
        Description = "where events are sent, http or https",
    };

    private static readonly Option<string?> Types = new("--types")
    {
        HelpName = "TYPES",
        Description = "which events, with commas between: task, job, node, queue, schedule",
    };

    private static readonly Option<long?> Limit = NumberOption.Whole("--limit", "how many at most [default: 100]");

    /// <summary>Makes the command.</summary>
    public static Command Make(CommonOptions common, TextWriter output) => new("webhook", "webhooks: events sent to addresses")
    {
        List(common, output),
        Create(common, output),
        Of("get", "show a webhook", common, output, static (gateway, path, _, cancellation) => gateway.Get(path, cancellation)),
        Set(common, output),
        Delete(common, output),
        Posting("pause", "send nothing until it is resumed", common, output),
        Posting("resume", "end a pause; what happened meanwhile is sent", common, output),
        Posting("rotate", "make another secret and print it, this once; the old one signs too for a day", common, output),
        Posting("test", "send an event of the type test, and show what came of it", common, output),
        Deliveries(common, output),
        Resend(common, output),
    };

    private static Command List(CommonOptions common, TextWriter output) =>
        ListingCommand.Make("list", "list the webhooks", Path, common, output, webhooks =>
        {
            var table = new Table("ID", "URL", "TYPES", "PAUSED", "FAILING SINCE", "RETRYING");
            foreach (var webhook in webhooks)
                table.Add(webhook.Field("id"), webhook.Field("url"), TypesOf(webhook), webhook.Field("paused"),
                    webhook.Field("failingSince"), webhook.Field("retrying"));
            return table;
        });

    private static Command Create(CommonOptions common, TextWriter output)
    {
        var command = new Command("create", "make a webhook, and print its secret, this once") { Url, Types };
        command.SetAction(async (result, cancellation) =>
        {
            if (result.GetValue(Url) is null || result.GetValue(Types) is null)
                throw new UsageException("--to and --types are both needed.");
            using var gateway = common.Open(result);
            Show(await gateway.Post(Path, Body(result), null, cancellation), result.GetValue(common.Json), output);
            return ExitCodes.Done;
        });
        return command;
    }

    private static Command Set(CommonOptions common, TextWriter output)
    {
        var command = Of("set", "change a webhook; what is not named stays", common, output,
            static (gateway, path, result, cancellation) => gateway.Put(path, Body(result), cancellation));
        command.Add(Url);
        command.Add(Types);
        return command;
    }

    private static Command Posting(string name, string description, CommonOptions common, TextWriter output) =>
        Of(name, description, common, output, (gateway, path, _, cancellation) => gateway.Post($"{path}/{name}", null, null, cancellation));

    private static Command Of(
        string name, string description, CommonOptions common, TextWriter output,
        Func<Gateway, string, ParseResult, CancellationToken, Task<JsonNode>> call)
    {
        var id = Id();
        var command = new Command(name, description) { id };
        command.SetAction(async (result, cancellation) =>
        {
            using var gateway = common.Open(result);
            Show(await call(gateway, PathOf(result.GetValue(id)!), result, cancellation), result.GetValue(common.Json), output);
            return ExitCodes.Done;
        });
        return command;
    }

    private static Command Delete(CommonOptions common, TextWriter output)
    {
        var id = Id();
        var command = new Command("delete", "delete a webhook; nothing is sent any more") { id };
        command.SetAction(async (result, cancellation) =>
        {
            using var gateway = common.Open(result);
            await gateway.Delete(PathOf(result.GetValue(id)!), cancellation);
            output.WriteLine($"{TerminalText.Line(result.GetValue(id)!)} deleted");
            return ExitCodes.Done;
        });
        return command;
    }

    private static Command Deliveries(CommonOptions common, TextWriter output)
    {
        var id = Id();
        var command = new Command("deliveries", "list what was sent, newest first") { id, Limit };
        command.SetAction(async (result, cancellation) =>
        {
            using var gateway = common.Open(result);
            var query = new Query(PathOf(result.GetValue(id)!) + "/deliveries")
                .Add("limit", result.GetValue(Limit)?.ToString(System.Globalization.CultureInfo.InvariantCulture));
            var list = await gateway.Get(query.ToString(), cancellation);
            if (result.GetValue(common.Json))
            {
                output.WriteLine(JsonText.Of(list));
                return ExitCodes.Done;
            }

            var table = new Table("N", "AT", "STATE", "TRIES", "STATUS", "TOOK MS", "NEXT TRY", "EVENT");
            foreach (var delivery in list.Items())
                table.Add(delivery.Field("n"), delivery.Field("at"), delivery.Field("state"), delivery.Field("tries"),
                    delivery.Field("status"), delivery.Field("tookMs"), delivery.Field("nextTryAt"), EventOf(delivery));
            table.Write(output);
            return ExitCodes.Done;
        });
        return command;
    }

    private static Command Resend(CommonOptions common, TextWriter output)
    {
        var (id, n) = (Id(), new Argument<long>("n") { Description = "the delivery's number, as 'otask webhook deliveries' shows it" });
        var command = new Command("resend", "try a delivery once more, and show what came of it") { id, n };
        command.SetAction(async (result, cancellation) =>
        {
            using var gateway = common.Open(result);
            var path = string.Create(
                System.Globalization.CultureInfo.InvariantCulture, $"{PathOf(result.GetValue(id)!)}/deliveries/{result.GetValue(n)}/resend");
            Show(await gateway.Post(path, null, null, cancellation), result.GetValue(common.Json), output);
            return ExitCodes.Done;
        });
        return command;
    }

    private static Argument<string> Id() => new("id") { Description = "the webhook's id" };

    private static string PathOf(string id) => $"{Path}/{Uri.EscapeDataString(id)}";

    private static JsonObject Body(ParseResult result)
    {
        var body = new JsonObject();
        if (result.GetValue(Url) is { } url)
            body["url"] = url;
        if (result.GetValue(Types) is { } types)
            body["types"] = new JsonArray([.. types.Split(',').Select(static type => JsonValue.Create(type.Trim()))]);
        return body;
    }

    private static string TypesOf(JsonNode webhook) =>
        string.Join(',', (webhook["types"] as JsonArray ?? []).Select(static type => type?.ToString()));

    private static string EventOf(JsonNode delivery) => delivery["event"] is { } sent
        ? $"{sent.Field("type")} {sent.Field("id")} {sent.Field("state")}"
        : delivery.Field("answer");

    /// <summary>Shows a webhook or a delivery, one field a line.</summary>
    private static void Show(JsonNode shown, bool isJson, TextWriter output)
    {
        if (isJson)
        {
            output.WriteLine(JsonText.Of(shown));
            return;
        }

        foreach (var (name, value) in shown.AsObject())
        {
            var text = name switch
            {
                "types" => TypesOf(shown),
                "event" => EventOf(shown),
                _ => shown.Field(name),
            };
            if (value is not null && text.Length > 0)
                output.WriteLine($"{name,-18}{TerminalText.Line(text)}");
        }
    }
}
