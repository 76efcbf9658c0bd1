using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using OrleansTasks.Cli.Api;
using OrleansTasks.Cli.Output;

namespace OrleansTasks.Cli.Schedules;

/// <summary><c>otask schedule</c>: shows, changes and triggers schedules.</summary>
internal sealed class ScheduleCommand
{
    private const string Path = "/api/v1/schedules";

    // The list of schedules does not say how their last runs ended, so each schedule with a run costs a call.
    private const int ReadsAtOnce = 8;

    private Option<long?> Limit { get; } =
        NumberOption.Limit("maximum number of entries to list; 0: all [default: 100]");
    private Option<string?> Outcome { get; } = new("--outcome")
    {
        HelpName = "OUTCOME",
        Description = "only occurrences with this outcome: pending, started, skipped or missed",
    };

    private Option<string?> From { get; } = new("--from")
    {
        HelpName = "TIME", Description = "the first time of the range",
    };

    private Option<string?> To { get; } = new("--to")
    {
        HelpName = "TIME", Description = "the end of the range, exclusive",
    };

    private Option<long?> Parallel { get; } = NumberOption.Whole("--parallel", "maximum open at once [default: 1]");
    private Option<bool> Again { get; } = new("--again") { Description = "also start times that were already started" };

    private SchedulePut Put { get; } = new();

    /// <summary>Creates the command.</summary>
    public static Command Make(CommonOptions common, TextWriter output, TextWriter errors) =>
        new ScheduleCommand().Build(common, output, errors);

    private Command Build(CommonOptions common, TextWriter output, TextWriter errors)
    {
        var schedules = new ResourceCommands(Path, "schedule", TextOf, common, output);
        return new Command("schedule", "manage schedules, which start tasks, jobs or workflows at times of day or periodically")
        {
            List(schedules, common, output, errors),
            schedules.Of("get", "show a schedule", static (gateway, path, _, cancellation) => gateway.Get(path, cancellation)).Formerly("show"),
            Preview(schedules, common, output),
            Put.Make(schedules, common, errors).Formerly("put"),
            schedules.Delete("delete a schedule; tasks that it started continue"),
            schedules.Posting("pause", "pause a schedule; times that pass meanwhile are omitted"),
            schedules.Posting("resume", "resume a schedule; times count from now"),
            schedules.Posting("trigger", "start an occurrence now, even while paused, and show its task, job or workflow")
                .Formerly("run"),
            Backfill(schedules),
            schedules.Of("cancel-backfill", "cancel the occurrences that backfills have not started",
                static (gateway, path, _, cancellation) => gateway.Post(path + "/backfill/cancel", null, null, cancellation)),
            schedules.Listing("occurrences", "list a schedule's occurrences, newest first", [Outcome], Limit,
                (query, result) => query.Add("outcome", result.GetValue(Outcome)), Occurrences, errors),
        };
    }

    private Command List(ResourceCommands schedules, CommonOptions common, TextWriter output, TextWriter errors)
    {
        var command = new Command("list", "list the schedules, each with how its last run ended") { Limit };
        command.SetAction(async (result, cancellation) =>
        {
            using var gateway = common.Open(result);
            var list = await Pages.List(
                gateway, static () => new RequestAddress(Path), result.GetValue(Limit), errors, cancellation);
            var printer = common.PrinterOf(result, output);
            JsonNode[] started = [.. list.Items().Where(static schedule => schedule.Field("lastRun").Length > 0)];
            if (printer.IsForPeople)
            {
                var reads = new ParallelOptions
                {
                    MaxDegreeOfParallelism = ReadsAtOnce, CancellationToken = cancellation,
                };
                await System.Threading.Tasks.Parallel.ForEachAsync(started, reads, async (schedule, stop) =>
                    schedule["lastState"] = await LastStateOf(schedules.PathOf(schedule.Field("id")), gateway, stop));
            }

            printer.List(list, list.Items(), Table);
            return ExitCodes.Done;
        });
        return command;
    }

    // Returns the state of what the schedule started last; null if it has been deleted meanwhile.
    private static async Task<string?> LastStateOf(string schedule, Gateway gateway, CancellationToken cancellation)
    {
        try
        {
            var started = await gateway.Get($"{schedule}/occurrences?outcome=started&limit=1", cancellation);
            return started.Items().FirstOrDefault()?.Field("state");
        }
        catch (RefusedException refusal) when (refusal.Status == 404)
        {
            return null;
        }
    }

    private static Table Table(IEnumerable<JsonNode> schedules)
    {
        var table = new Table("ID", "QUEUE", "WHEN", "ZONE", "OVERLAP", "PAUSED", "LAST RUN", "STATE", "NEXT RUN");
        foreach (var schedule in schedules)
        {
            var next = schedule["nextRuns"] is JsonArray { Count: > 0 } runs ? JsonText.Text(runs[0]) : "";
            table.Add(
                schedule.Field("id"), schedule.Field("queue"),
                WhenOf(schedule), schedule.Field("timeZone"),
                schedule.Field("overlap"), schedule.Field("paused"), schedule.Field("lastRun"),
                schedule.Field("lastState"), next);
        }

        return table;
    }

    private static string TextOf(JsonNode shown, string name) => (name, shown[name]) switch
    {
        ("nextRuns", JsonArray { Count: 0 }) when shown.Field("paused") == "true" =>
            $"none while paused; see: otask schedule preview {shown.Field("id")}",
        ("folderProblem", JsonObject problem) => $"{problem.Field("detail")} (since {problem.Field("since")})",
        ("nextRuns", JsonArray times) => string.Join(", ", times.Select(JsonText.Text)),
        _ => shown.Field(name),
    };

    private Command Preview(ResourceCommands schedules, CommonOptions common, TextWriter output)
    {
        var id = new Argument<string?>("id")
        {
            Arity = ArgumentArity.ZeroOrOne, Description = "the schedule's id, or give --cron or --every",
        };
        var command = new Command(
            "preview", "show the next 20 times of a schedule, even a paused one, or of a cron expression or period")
        {
            id,
        }.Formerly("next");
        foreach (var (option, _) in Put.Times.Concat(Put.Calendars))
            command.Add(option);
        command.SetAction(async (result, cancellation) =>
        {
            var body = new JsonObject();
            foreach (var (option, field) in Put.Times)
                SpecFields.Set(body, field, result.GetValue(option));
            Put.SetCalendars(body, result);
            if ((result.GetValue(id) is null) == (body.Count == 0))
                throw new UsageException("Give either the id of a schedule, or --cron or --every.");
            using var gateway = common.Open(result);
            if (result.GetValue(id) is { } named)
                body = TimesOf(await gateway.Get(schedules.PathOf(named), cancellation));
            var preview = await gateway.Post($"{Path}/preview", body, null, cancellation);
            common.PrinterOf(result, output).One(preview, people =>
            {
                var zone = ZoneOf(body);
                foreach (var time in preview.List("times"))
                    people.WriteLine(JsonText.Text(time) + InZone(time, zone));
                // Gateways of earlier versions know no calendars.
                foreach (var left in (preview["leftOut"] as JsonArray ?? []).OfType<JsonNode>())
                {
                    var why = left.Field("calendar") is { Length: > 0 } calendar ? $"in the calendar {calendar}" : "in no calendar of only";
                    people.WriteLine(TerminalText.Line($"{left.Field("at")}  falls out: {why}"));
                }

                foreach (var note in preview.List("notes"))
                    people.WriteLine(TerminalText.Line(JsonText.Text(note)));
            });
            return ExitCodes.Done;
        });
        return command;
    }

    // Returns the time zone in which a schedule's times are meant; null if this machine does not know it.
    private static TimeZoneInfo? ZoneOf(JsonObject times) =>
        !times.ContainsKey("timeZone") ? TimeZoneInfo.Utc
        : TimeZoneInfo.TryFindSystemTimeZoneById(times.Field("timeZone"), out var zone) ? zone
        : null;

    private static string InZone(JsonNode? time, TimeZoneInfo? zone) =>
        zone is not null && DateTimeOffset.TryParse(JsonText.Text(time), CultureInfo.InvariantCulture, out var at)
            ? string.Create(
                CultureInfo.InvariantCulture, $"  {TimeZoneInfo.ConvertTime(at, zone):ddd yyyy-MM-dd HH:mm:ss} {zone.Id}")
            : "";

    // Returns the fields of a stored schedule that determine its times. A period counts from the schedule's creation.
    private JsonObject TimesOf(JsonNode schedule)
    {
        var body = new JsonObject();
        foreach (var (_, field) in Put.Times.Concat(Put.Calendars))
            SpecFields.Set(body, field, schedule[field]?.DeepClone());
        if (body.ContainsKey("every") && !body.ContainsKey("startAt"))
            SpecFields.Set(body, "startAt", schedule["createdAt"]?.DeepClone());
        return body;
    }

    private static string WhenOf(JsonNode schedule) =>
        (schedule["task"] ?? schedule["job"] ?? schedule["workflow"]) is null ? "cannot be read"
        : schedule["cron"] is null ? "every " + schedule.Field("every")
        : schedule.Field("cron");

    private Command Backfill(ResourceCommands schedules)
    {
        var command = schedules.Of("backfill", "start an occurrence for each time in a past range, oldest first",
            (gateway, path, result, cancellation) =>
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
        JsonNode[] all = [.. occurrences];
        // Only schedules that watch a folder have files.
        string[] file = all.Any(static one => one["file"] is not null) ? ["FILE"] : [];
        var table = new Table([
            "TIME", "UNTIL", "COUNT", "KIND", "OUTCOME", "REASON", "STARTED", "TASK, JOB OR WORKFLOW", "STATE", .. file,
        ]);
        foreach (var one in all)
        {
            table.Add([
                one.Field("time"), one.Field("until"), one.Field("count"), one.Field("kind"), one.Field("outcome"),
                one.Field("reason"), one.Field("startedAt"), one.Field(StartedOf(one)), one.Field("state"),
                .. file.Select(_ => one.Field("file")),
            ]);
        }

        return table;
    }

    // Returns the name of the field with what an occurrence has started.
    private static string StartedOf(JsonNode occurrence) =>
        occurrence["workflow"] is not null ? "workflow" : occurrence["job"] is not null ? "job" : "task";
}
