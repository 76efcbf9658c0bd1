using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using OrleansTasks.Cli.Cluster;
using OrleansTasks.Cli.Output;

namespace OrleansTasks.Cli.Webhooks;

/// <summary><c>otask webhook</c>: creates, shows, changes and tests webhooks.</summary>
internal static class WebhookCommand
{
    private const string Path = "/api/v1/webhooks";

    private static readonly Option<string?> Url = new("--to")
    {
        HelpName = "URL",
        Description = "the http or https address to send events to",
    };

    private static readonly Option<string?> Types = new("--types")
    {
        HelpName = "TYPES",
        Description = "types of events, comma-separated: task, job, node, queue, schedule, workflow, rollout",
    };

    private static readonly Option<long?> Limit =
        NumberOption.Limit("maximum number of deliveries to list [default: 100]");

    /// <summary>Creates the command.</summary>
    public static Command Make(CommonOptions common, TextWriter output)
    {
        var webhooks = new ResourceCommands(Path, "webhook", TextOf, common, output);
        return new Command("webhook", "manage webhooks, which send events to addresses")
        {
            List(common, output),
            Create(webhooks, common),
            webhooks.Of("get", "show a webhook", static (gateway, path, _, cancellation) => gateway.Get(path, cancellation)),
            Set(webhooks),
            webhooks.Delete("delete a webhook"),
            webhooks.Posting("pause", "pause a webhook"),
            webhooks.Posting("resume", "resume a webhook; it sends the events that happened meanwhile"),
            webhooks.Posting("rotate", "create a new secret and print it once; the old one also signs for a day"),
            webhooks.Posting("test", "send a test event and show the outcome"),
            webhooks.Listing("deliveries", "list deliveries, newest first", [Limit],
                static (query, result) => query.Add("limit", result.GetValue(Limit)), Deliveries),
            Resend(webhooks, common),
        };
    }

    private static Command List(CommonOptions common, TextWriter output) =>
        ListingCommand.Make("list", "list the webhooks", Path, common, output, webhooks =>
        {
            var table = new Table("ID", "URL", "TYPES", "PAUSED", "FAILING SINCE", "RETRYING");
            foreach (var webhook in webhooks)
                table.Add(webhook.Field("id"), webhook.Field("url"), TypesOf(webhook), webhook.Field("paused"),
                    webhook.Field("failingSince"), webhook.Field("retrying"));
            return table;
        });

    private static Command Create(ResourceCommands webhooks, CommonOptions common)
    {
        var command = new Command("create", "create a webhook and print its secret once") { Url, Types };
        command.SetAction(async (result, cancellation) =>
        {
            if (result.GetValue(Url) is null || result.GetValue(Types) is null)
                throw new UsageException("--to and --types are both needed.");
            using var gateway = common.Open(result);
            webhooks.Show(await gateway.Post(Path, Body(result), null, cancellation), result);
            return ExitCodes.Done;
        });
        return command;
    }

    private static Command Set(ResourceCommands webhooks)
    {
        var command = webhooks.Of("set", "change a webhook; omitted settings stay as they are",
            static (gateway, path, result, cancellation) => gateway.Put(path, Body(result), cancellation));
        command.Add(Url);
        command.Add(Types);
        return command;
    }

    private static Table Deliveries(IEnumerable<JsonNode> deliveries)
    {
        var table = new Table("N", "AT", "STATE", "TRIES", "STATUS", "TOOK MS", "NEXT TRY", "EVENT");
        foreach (var delivery in deliveries)
            table.Add(delivery.Field("n"), delivery.Field("at"), delivery.Field("state"), delivery.Field("tries"),
                delivery.Field("status"), delivery.Field("tookMs"), delivery.Field("nextTryAt"), EventOf(delivery));
        return table;
    }

    private static Command Resend(ResourceCommands webhooks, CommonOptions common)
    {
        var (id, n) = (
            webhooks.Id(), NumberOption.Argument("n", "the delivery's number, as 'otask webhook deliveries' shows it"));
        var command = new Command("resend", "retry a delivery and show the outcome") { id, n };
        command.SetAction(async (result, cancellation) =>
        {
            using var gateway = common.Open(result);
            var path = string.Create(
                CultureInfo.InvariantCulture, $"{webhooks.PathOf(result.GetValue(id)!)}/deliveries/{result.GetValue(n)}/resend");
            webhooks.Show(await gateway.Post(path, null, null, cancellation), result);
            return ExitCodes.Done;
        });
        return command;
    }

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

    private static string TextOf(JsonNode shown, string name) => name switch
    {
        "types" => TypesOf(shown),
        "event" when shown[name] is not null => EventOf(shown),
        _ => shown.Field(name),
    };
}
