using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using OrleansTasks.Cli.Cluster;
using OrleansTasks.Cli.Output;

namespace OrleansTasks.Cli.Webhooks;

/// <summary><c>otask webhook</c>: creates, shows, changes and tests webhooks.</summary>
internal sealed class WebhookCommand
{
    private const string Path = "/api/v1/webhooks";

    private Option<string?> Url { get; } = new("--to")
    {
        HelpName = "URL",
        Description = "the http or https address to send events to",
    };

    private Option<string?> Types { get; } = new("--types")
    {
        HelpName = "TYPES",
        Description = "types of events, comma-separated: task, job, node, queue, schedule, workflow, rollout",
    };

    private Option<string?> States { get; } = List(
        "--states", "STATES", "only events with these states, comma-separated, such as failed,missed");
    private Option<string?> Names { get; } = List(
        "--names", "NAMES", "only events of tasks, jobs, workflows and rollouts with these names, comma-separated");
    private Option<string?> Queues { get; } = List(
        "--queues", "QUEUES", "only events of these queues, comma-separated");
    private Option<string?> Schedules { get; } = List(
        "--schedules", "IDS", "only events of these schedules and of what they start, comma-separated");
    private Option<string?> Labels { get; } = List(
        "--labels", "KEY=VALUE", "only events of tasks, jobs and workflows with these labels, comma-separated");

    private (string Field, Option<string?> Option)[] Lists =>
        [("types", Types), ("states", States), ("names", Names), ("queues", Queues), ("schedules", Schedules)];

    private Option<long?> Limit { get; } =
        NumberOption.Limit("maximum number of deliveries to list; 0: all [default: 100]");

    /// <summary>Creates the command.</summary>
    public static Command Make(CommonOptions common, TextWriter output, TextWriter errors) =>
        new WebhookCommand().Build(common, output, errors);

    private Command Build(CommonOptions common, TextWriter output, TextWriter errors)
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
            webhooks.Listing("deliveries", "list deliveries, newest first", [], Limit, static (query, _) => query,
                Deliveries, errors),
            Resend(webhooks, common),
        };
    }

    private static Command List(CommonOptions common, TextWriter output) =>
        ListingCommand.Make("list", "list the webhooks", Path, common, output, webhooks =>
        {
            var table = new Table("ID", "URL", "TYPES", "STATES", "PAUSED", "FAILING SINCE", "RETRYING");
            foreach (var webhook in webhooks)
                table.Add(webhook.Field("id"), webhook.Field("url"), ListOf(webhook["types"]), ListOf(webhook["states"]), webhook.Field("paused"),
                    webhook.Field("failingSince"), webhook.Field("retrying"));
            return table;
        });

    private Command Create(ResourceCommands webhooks, CommonOptions common)
    {
        var command = new Command("create", "create a webhook and print its secret once") { Url, Types, States, Names, Queues, Schedules, Labels };
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

    private Command Set(ResourceCommands webhooks)
    {
        var command = webhooks.Of("set", "change a webhook; omitted settings stay as they are",
            (gateway, path, result, cancellation) => gateway.Put(path, Body(result), cancellation));
        foreach (var option in new Option[] { Url, Types, States, Names, Queues, Schedules, Labels })
            command.Add(option);
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

    private JsonObject Body(ParseResult result)
    {
        var body = new JsonObject();
        if (result.GetValue(Url) is { } url)
            body["url"] = url;
        foreach (var (field, option) in Lists)
        {
            if (result.GetValue(option) is { } texts)
                body[field] = new JsonArray([.. PartsOf(texts).Select(static text => JsonValue.Create(text))]);
        }

        if (result.GetValue(Labels) is { } labels)
            body["labels"] = new JsonObject(PartsOf(labels).Select(static text => text.Split('=', 2) is [var key, var value]
                ? KeyValuePair.Create(key, (JsonNode?)value)
                : throw new UsageException($"Invalid label '{text}' for --labels: expected KEY=VALUE.")));
        return body;
    }

    private static Option<string?> List(string name, string form, string description) =>
        new(name) { HelpName = form, Description = description + "; '' for all" };

    private static string[] PartsOf(string list) =>
        list.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    private static string ListOf(JsonNode? list) =>
        string.Join(',', (list as JsonArray ?? []).Select(static text => text?.ToString()));

    private static string LabelsOf(JsonNode? labels) =>
        string.Join(',', (labels as JsonObject ?? []).Select(static label => $"{label.Key}={label.Value}"));

    private static string EventOf(JsonNode delivery) => delivery["event"] is { } sent
        ? $"{sent.Field("type")} {sent.Field("id")} {sent.Field("state")}"
        : delivery.Field("answer");

    private static string TextOf(JsonNode shown, string name) => name switch
    {
        "types" or "states" or "names" or "queues" or "schedules" => ListOf(shown[name]),
        "labels" => LabelsOf(shown[name]),
        "event" when shown[name] is not null => EventOf(shown),
        _ => shown.Field(name),
    };
}
