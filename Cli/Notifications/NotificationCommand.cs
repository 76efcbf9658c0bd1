using System.CommandLine;
using System.Text.Json.Nodes;
using OrleansTasks.Cli.Cluster;
using OrleansTasks.Cli.Output;
using static OrleansTasks.Cli.SpecFields;

namespace OrleansTasks.Cli.Notifications;

/// <summary><c>otask notification</c>: stores, shows, tests and deletes notifications.</summary>
internal sealed class NotificationCommand
{
    private const string Path = "/api/v1/notifications";

    private Option<string?> On { get; } = Text(
        "--on", "KINDS", "what to report, comma-separated: failed, recovered, late, attention");
    private Option<string[]> Mail { get; } = Many("--mail", "ADDRESS", "send mail to this address");
    private Option<string?> Slack { get; } = Text("--slack", "URL", "send to this incoming webhook of Slack");
    private Option<string?> Teams { get; } = Text("--teams", "URL", "send to this workflow of Microsoft Teams");
    private Option<string?> Queue { get; } = Text(
        "--match-queue", "NAME", "only events in this queue; * stands for any text");
    private Option<string?> Definition { get; } = Text(
        "--match-definition", "NAME", "only events of runs of this definition; * stands for any text");
    private Option<string?> Schedule { get; } = Text(
        "--match-schedule", "ID", "only events of runs of this schedule; * stands for any text");
    private Option<string?> Label { get; } = Text(
        "--match-label", "KEY=VALUE", "only events of tasks, jobs and workflows with this label");
    private Option<string?> Quiet { get; } = Text(
        "--quiet-hours", "FROM-TO", "send nothing between these times of day, such as 22:00-07:00");
    private Option<string?> Zone { get; } = Text(
        "--zone", "NAME", "the IANA name of the time zone of the quiet hours [default: UTC]");
    private Option<string?> Digest { get; } = Text(
        "--digest", "DURATION", "the shortest time between two messages [default: 1m]");
    private Option<string?> Subject { get; } = Text(
        "--subject", "TEXT", "the subject of messages, with fields such as {{count}} and {{event.queue}}");
    private Option<string?> EventText { get; } = Text(
        "--event-text", "TEXT", "how messages describe an event, such as '{{event.name}} {{event.state}}'");
    private Option<string?> TextOfFile { get; } = Text(
        "--text-file", "FILE", "the rest of messages, in which {{events}} stands for the events; - for standard input");
    private Option<bool> Paused { get; } = new("--paused")
    {
        Description = "send nothing, and skip what happens meanwhile",
    };

    /// <summary>Creates the command.</summary>
    public static Command Make(CommonOptions common, TextWriter output) =>
        new NotificationCommand().Build(common, output);

    private Command Build(CommonOptions common, TextWriter output)
    {
        var notifications = new ResourceCommands(Path, "notification", JsonText.FieldUnlessEmpty, common, output);
        var set = notifications.Of("set", "create or replace a notification; omitted settings take their defaults",
            (gateway, path, result, cancellation) => gateway.Put(path, Body(result), cancellation));
        Option[] settings = [On, Mail, Slack, Teams, Queue, Definition, Schedule, Label, Quiet, Zone, Digest, Subject, EventText, TextOfFile, Paused];
        foreach (var option in settings)
            set.Add(option);
        return new Command("notification",
            "manage notifications: messages by mail, Slack or Teams about what failed, recovered or is late")
        {
            List(common, output),
            notifications.Of("show", "show a notification, and whether its messages arrive",
                static (gateway, path, _, cancellation) => gateway.Get(path, cancellation)),
            set,
            notifications.Posting("test", "send a test message and show the outcome"),
            notifications.Delete("delete a notification"),
        };
    }

    private static Command List(CommonOptions common, TextWriter output) =>
        ListingCommand.Make("list", "list the notifications", Path, common, output, static notifications =>
        {
            var table = new Table("NAME", "ON", "TO", "DIGEST", "PAUSED", "SENT", "WAITING", "FAILING SINCE");
            foreach (var one in notifications)
            {
                table.Add(
                    one.Field("name"), ListOf(one["on"]), TargetOf(one["to"]), one.Field("digest"), one.Field("paused"),
                    one.Field("sentAt"), one.Field("waiting"), one.Field("failingSince"));
            }

            return table;
        });

    private JsonObject Body(ParseResult result)
    {
        var body = new JsonObject();
        if (result.GetValue(On) is { } kinds)
        {
            body["on"] = new JsonArray(
                [.. kinds.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
                    .Select(static one => JsonValue.Create(one))]);
        }

        var to = new JsonObject();
        if (result.GetValue(Mail) is { Length: > 0 } addresses)
            to["mail"] = new JsonArray([.. addresses.Select(static one => JsonValue.Create(one))]);
        Set(to, "slack", result.GetValue(Slack));
        Set(to, "teams", result.GetValue(Teams));
        body["to"] = to;
        var match = new JsonObject();
        Set(match, "queue", result.GetValue(Queue));
        Set(match, "definition", result.GetValue(Definition));
        Set(match, "schedule", result.GetValue(Schedule));
        Set(match, "label", result.GetValue(Label));
        body["match"] = match;
        if (result.GetValue(Quiet) is { } quiet)
        {
            if (quiet.Split('-') is not [var from, var until])
                throw new UsageException(
                    $"Invalid value '{quiet}' for --quiet-hours: expected times such as 22:00-07:00.");
            body["quiet"] =
                new JsonObject { ["from"] = from, ["to"] = until, ["zone"] = result.GetValue(Zone) ?? "UTC" };
        }

        Set(body, "digest", result.GetValue(Digest));
        var template = new JsonObject();
        Set(template, "subject", result.GetValue(Subject));
        Set(template, "event", result.GetValue(EventText));
        if (result.GetValue(TextOfFile) is { } file)
            template["text"] = TextFile.ReadUnmarked("--text-file", file);
        if (template.Count > 0)
            body["template"] = template;
        if (result.GetValue(Paused))
            body["paused"] = true;
        return body;
    }

    private static string ListOf(JsonNode? list) =>
        string.Join(',', (list as JsonArray ?? []).Select(static text => text?.ToString()));

    // The path of a chat's address is a secret.
    private static string TargetOf(JsonNode? to) => to switch
    {
        JsonObject target when target["mail"] is JsonArray addresses => ListOf(addresses),
        JsonObject target when target.FirstOrDefault() is { Value: { } url } first =>
            $"{first.Key} {(Uri.TryCreate(url.ToString(), UriKind.Absolute, out var address) ? address.Host : "")}",
        _ => "",
    };
}
