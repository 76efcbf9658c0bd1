using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using OrleansTasks.Cli.Api;
using OrleansTasks.Cli.Cluster;
using OrleansTasks.Cli.Output;

namespace OrleansTasks.Cli.Schedules;

/// <summary><c>otask schedule</c>: shows, changes and tries schedules.</summary>
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

    /// <summary>Makes the command.</summary>
    public static Command Make(CommonOptions common, TextWriter output) => new("schedule", "schedules: tasks that start at times of day, or by a period")
    {
        ListingCommand.Make("list", "list the schedules", Path, common, output, Table),
        Of("show", "show a schedule", common, output, static (gateway, path, _, cancellation) => gateway.Get(path, cancellation)),
        SchedulePut.Make(common, output),
        Delete(common, output),
        Posting("pause", "start nothing by time until it is resumed; the times are left out", common, output),
        Posting("resume", "end a pause; times count from now", common, output),
        Posting("trigger", "start one at once, and show its task", common, output),
        Backfill(common, output),
        Of("cancel-backfill", "forget what backfills have not started", common, output,
            static (gateway, path, _, cancellation) => gateway.Post(path + "/backfill/cancel", null, null, cancellation)),
        Occurrences(common, output),
    };

    /// <summary>The argument that names a schedule.</summary>
    internal static Argument<string> Id() => new("id") { Description = "the schedule's id" };

    /// <summary>The path of a schedule.</summary>
    internal static string PathOf(string id) => $"{Path}/{Uri.EscapeDataString(id)}";

    /// <summary>Shows an answer, one field a line.</summary>
    internal static void Show(JsonNode shown, bool isJson, TextWriter output)
    {
        if (isJson)
        {
            output.WriteLine(JsonText.Of(shown));
            return;
        }

        foreach (var (name, value) in shown.AsObject())
        {
            var text = value is JsonArray or JsonObject ? value.ToJsonString() : shown.Field(name);
            if (text.Length > 0)
                output.WriteLine($"{name,-18}{TerminalText.Line(text)}");
        }
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
        schedule["task"] is null ? "cannot be read"
        : schedule["cron"] is null ? "every " + schedule.Field("every")
        : schedule.Field("cron");

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
        var command = new Command("delete", "delete a schedule; what it started goes on") { id };
        command.SetAction(async (result, cancellation) =>
        {
            using var gateway = common.Open(result);
            await gateway.Delete(PathOf(result.GetValue(id)!), cancellation);
            output.WriteLine($"{TerminalText.Line(result.GetValue(id)!)} deleted");
            return ExitCodes.Done;
        });
        return command;
    }

    private static Command Backfill(CommonOptions common, TextWriter output)
    {
        var command = Of("backfill", "start one for each time of a past range, oldest first", common, output,
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

    private static Command Occurrences(CommonOptions common, TextWriter output)
    {
        var id = Id();
        var command = new Command("occurrences", "list what has become of a schedule's times, newest first") { id, Outcome, Limit };
        command.SetAction(async (result, cancellation) =>
        {
            using var gateway = common.Open(result);
            var query = new Query(PathOf(result.GetValue(id)!) + "/occurrences")
                .Add("outcome", result.GetValue(Outcome))
                .Add("limit", result.GetValue(Limit)?.ToString(CultureInfo.InvariantCulture));
            var list = await gateway.Get(query.ToString(), cancellation);
            if (result.GetValue(common.Json))
            {
                output.WriteLine(JsonText.Of(list));
                return ExitCodes.Done;
            }

            var table = new Table("TIME", "UNTIL", "COUNT", "KIND", "OUTCOME", "REASON", "STARTED", "TASK", "STATE");
            foreach (var one in list.Items())
                table.Add(one.Field("time"), one.Field("until"), one.Field("count"), one.Field("kind"), one.Field("outcome"),
                    one.Field("reason"), one.Field("startedAt"), one.Field("task"), one.Field("state"));
            table.Write(output);
            return ExitCodes.Done;
        });
        return command;
    }
}
