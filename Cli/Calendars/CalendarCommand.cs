using System.CommandLine;
using System.Text.Json.Nodes;
using OrleansTasks.Cli.Cluster;
using OrleansTasks.Cli.Output;

namespace OrleansTasks.Cli.Calendars;

/// <summary><c>otask calendar</c>: shows, changes and deletes calendars.</summary>
internal sealed class CalendarCommand
{
    private const string Path = "/api/v1/calendars";

    private Option<string[]> Days { get; } = SpecFields.Many("--day", "DAY", "a whole day, such as 2026-12-24");
    private Option<string[]> Rules { get; } = SpecFields.Many(
        "--rule", "RRULE", "whole days that repeat, as an RRULE of RFC 5545, such as 'FREQ=WEEKLY;BYDAY=SA,SU'");
    private Option<string?> Zone { get; } = new("--zone")
    {
        HelpName = "NAME", Description = "the IANA name of the time zone [default: UTC]",
    };

    private Option<string?> Ics { get; } = new("--ics")
    {
        HelpName = "FILE", Description = "a calendar file, as Google, Outlook and Nextcloud export it, or - for standard input",
    };

    private Option<long?> Version { get; } = NumberOption.Whole(
        "--version", "change nothing unless the calendar has this version, which get shows");

    /// <summary>Creates the command.</summary>
    public static Command Make(CommonOptions common, TextWriter output) =>
        new CalendarCommand().Build(common, output);

    private Command Build(CommonOptions common, TextWriter output)
    {
        var calendars = new ResourceCommands(Path, "calendar", TextOf, common, output);
        var set = calendars.Of("set", "create or replace a calendar; omitted fields take their defaults",
            (gateway, path, result, cancellation) => gateway.Put(path, Body(result), cancellation));
        foreach (var option in (Option[])[Days, Rules, Zone, Ics, Version])
            set.Add(option);
        return new Command("calendar", "manage calendars, whose times schedules and blackouts of queues follow")
        {
            List(common, output),
            calendars.Of("get", "show a calendar, its next times and what uses it", static (gateway, path, _, cancellation) => gateway.Get(path, cancellation)),
            set,
            calendars.Delete("delete a calendar that nothing uses"),
        };
    }

    private JsonObject Body(ParseResult result)
    {
        var body = new JsonObject();
        if (result.GetValue(Days) is { Length: > 0 } days)
            body["days"] = new JsonArray([.. days.Select(static day => JsonValue.Create(day))]);
        if (result.GetValue(Rules) is { Length: > 0 } rules)
            body["rules"] = new JsonArray([.. rules.Select(static rule => JsonValue.Create(rule))]);
        if (result.GetValue(Ics) is { } file)
            body["ics"] = TextFile.Read("--ics", file);
        SpecFields.Set(body, "zone", result.GetValue(Zone));
        SpecFields.Set(body, "version", result.GetValue(Version));
        return body;
    }

    private static Command List(CommonOptions common, TextWriter output) =>
        ListingCommand.Make("list", "list the calendars", Path, common, output, static calendars =>
        {
            var table = new Table("NAME", "VERSION", "ZONE", "NEXT FROM", "TO");
            foreach (var calendar in calendars)
            {
                var next = (calendar["next"] as JsonArray)?.FirstOrDefault();
                table.Add(
                    calendar.Field("name"), calendar.Field("version"), calendar.Field("zone"), next?.Field("from") ?? "", next?.Field("to") ?? "");
            }

            return table;
        });

    private static string TextOf(JsonNode shown, string name) => (name, shown[name]) switch
    {
        ("next", JsonArray spans) => string.Join(", ", spans.OfType<JsonNode>().Select(static span => $"{span.Field("from")} to {span.Field("to")}")),
        ("usedBy", JsonArray users) => string.Join(", ", users.OfType<JsonNode>().Select(static user => $"{user.Field("kind")} {user.Field("id")}")),
        ("ics", JsonValue text) => $"{text.ToString().Length} characters",
        (_, JsonArray items) => string.Join(", ", items.Select(JsonText.Text)),
        _ => shown.Field(name),
    };
}
