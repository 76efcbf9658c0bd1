using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using OrleansTasks.Cli.Cluster;
using OrleansTasks.Cli.Output;

namespace OrleansTasks.Cli.Schedules;

/// <summary><c>otask schedule</c>: shows, changes and triggers schedules.</summary>
internal static class ScheduleCommand
{
    private const string Path = "/api/v1/schedules";

    private static readonly Option<long?> Limit = NumberOption.Whole("--limit", "how many at most [default: 100]");
    private static readonly Option<string?> Outcome = new("--outcome")
    {
        HelpName = "OUTCOME",
        Description = "only those that are pending, started, skipped or missed",
    };

    private static readonly Option<string?> From = new("--from") { HelpName = "TIME", Description = "the first time of the range" };
    private static readonly Option<string?> To = new("--to") { HelpName = "TIME", Description = "the end of the range, which is not in it" };
    private static readonly Option<long?> Parallel = NumberOption.Whole("--parallel", "how many may be open at once [default: 1]");
    private static readonly Option<bool> Again = new("--again") { Description = "start times again that were started before" };

    /// <summary>Creates the command.</summary>
    public static Command Make(CommonOptions common, TextWriter output)
    {
        var schedules = new ResourceCommands(Path, "schedule", static (shown, name) => shown.Field(name), common, output);
        return new Command("schedule", "schedules: tasks, jobs or workflows that start at times of day, or by a period")
        {
            ListingCommand.Make("list", "list the schedules", Path, common, output, Table),
            schedules.Of("get", "show a schedule", static (gateway, path, _, cancellation) => gateway.Get(path, cancellation)).Formerly("show"),
            SchedulePut.Make(schedules, common).Formerly("put"),
            schedules.Delete("delete a schedule; what it started goes on"),
            schedules.Posting("pause", "start nothing by time until it is resumed; the times are left out"),
            schedules.Posting("resume", "end a pause; times count from now"),
            schedules.Posting("trigger", "start one at once, and show its task, job or workflow"),
            Backfill(schedules),
            schedules.Of("cancel-backfill", "forget what backfills have not started",
                static (gateway, path, _, cancellation) => gateway.Post(path + "/backfill/cancel", null, null, cancellation)),
            schedules.Listing("occurrences", "list what has become of a schedule's times, newest first", [Outcome, Limit],
                static (query, result) => query.Add("outcome", result.GetValue(Outcome))
                    .Add("limit", result.GetValue(Limit)?.ToString(CultureInfo.InvariantCulture)),
                Occurrences),
        };
    }

    private static Table Table(IEnumerable<JsonNode> schedules)
    {
        var table = new Table("ID", "QUEUE", "WHEN", "ZONE", "OVERLAP", "PAUSED", "LAST RUN", "NEXT RUN");
        foreach (var schedule in schedules)
        {
            var next = schedule["nextRuns"] is JsonArray { Count: > 0 } runs ? runs[0]!.ToString() : "";
            table.Add(
                schedule.Field("id"), schedule.Field("queue"),
                WhenOf(schedule), schedule.Field("timeZone"),
                schedule.Field("overlap"), schedule.Field("paused"), schedule.Field("lastRun"), next);
        }

        return table;
    }

    private static string WhenOf(JsonNode schedule) =>
        (schedule["task"] ?? schedule["job"] ?? schedule["workflow"]) is null ? "cannot be read"
        : schedule["cron"] is null ? "every " + schedule.Field("every")
        : schedule.Field("cron");

    private static Command Backfill(ResourceCommands schedules)
    {
        var command = schedules.Of("backfill", "start one for each time of a past range, oldest first",
            static (gateway, path, result, cancellation) =>
            {
                var (from, to) = (result.GetValue(From), result.GetValue(To));
                if (from is null || to is null)
                    throw new UsageException("--from and --to are both needed.");
                var body = new JsonObject { ["from"] = from, ["to"] = to, ["again"] = result.GetValue(Again) };
                if (result.GetValue(Parallel) is { } parallel)
                    body["parallel"] = parallel;
                return gateway.Post(path + "/backfill", body, null, cancellation);
            });
        foreach (var option in (Option[])[From, To, Parallel, Again])
            command.Add(option);
        return command;
    }

    private static Table Occurrences(IEnumerable<JsonNode> occurrences)
    {
        var table = new Table("TIME", "UNTIL", "COUNT", "KIND", "OUTCOME", "REASON", "STARTED", "TASK, JOB OR WORKFLOW",
            "STATE");
        foreach (var one in occurrences)
            table.Add(one.Field("time"), one.Field("until"), one.Field("count"), one.Field("kind"), one.Field("outcome"),
                one.Field("reason"), one.Field("startedAt"),
                one.Field(StartedOf(one)), one.Field("state"));
        return table;
    }

    // Returns the name of the field with what an occurrence has started.
    private static string StartedOf(JsonNode occurrence) =>
        occurrence["workflow"] is not null ? "workflow" : occurrence["job"] is not null ? "job" : "task";
}
