using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using OrleansTasks.Cli.Api;
using OrleansTasks.Cli.Output;
using OrleansTasks.Cli.Tasks;
using static OrleansTasks.Cli.SpecFields;

namespace OrleansTasks.Cli.Schedules;

/// <summary><c>otask schedule set</c>: creates a schedule, or replaces one as a whole.</summary>
internal sealed class SchedulePut
{
    private Option<string?> File { get; } = new("--file")
    {
        HelpName = "FILE",
        Description = "a file with the schedule as JSON, or - for standard input; excludes all other options",
    };

    private Option<string?> Workflow { get; } = Text(
        "--workflow", "FILE", "start the workflow in this JSON file, or - for standard input; instead of a command");

    private Option<string?> Job { get; } = Text(
        "--job", "FILE", "start the data job in this JSON file, or - for standard input; instead of a command");

    /// <summary>The options that set one field of the body each, with that field.</summary>
    private (Option<string?> Option, string Field)[] Fields { get; } =
    [
        (Text("--cron", "EXPR", "cron expression: minute, hour, day of month, month, day of week"), "cron"),
        (Text("--every", "DURATION", "a period of elapsed time"), "every"),
        (Text("--zone", "NAME", "the IANA name of the time zone of --cron [default: UTC]"), "timeZone"),
        (Text("--overlap", "WHAT", "what to do if the previous occurrence has not ended: skip, allow or queueOne "
            + "[default: skip]"), "overlap"),
        (Text("--catch-up", "WHICH", "which missed occurrences to run: none, one or all [default: none]"), "catchUp"),
        (Text("--start-within", "DURATION", "an occurrence that could not start within this time is missed [default: 1m]"), "startWithin"),
        (Text("--jitter", "DURATION", "delay each occurrence by up to this time"), "jitter"),
        (Text("--start-at", "TIME", "the earliest time; with --every, the first occurrence"), "startAt"),
        (Text("--on-blackout", "WHAT", "what to do with a time in a blackout of the queue: after, to wait for its end, or skip [default: after]"), "onBlackout"),
        (Text("--expect-by", "DURATION", "how long after an occurrence's time its task, job or workflow should have ended; otherwise it needs attention"), "expectBy"),
        (Text("--end-at", "TIME", "the end of the schedule, exclusive"), "endAt"),
    ];

    /// <summary>Those of them that say at which times a schedule starts something.</summary>
    public IEnumerable<(Option<string?> Option, string Field)> Times =>
        [.. Fields.Where(static one => one.Field is "cron" or "every" or "timeZone" or "startAt" or "endAt")];

    /// <summary>The options that name calendars, with their fields.</summary>
    public IEnumerable<(Option<string?> Option, string Field)> Calendars { get; } =
    [
        (Text("--only", "CALENDARS", "only at times of one of these calendars, comma-separated"), "only"),
        (Text("--except", "CALENDARS", "not at times of any of these calendars, comma-separated"), "except"),
    ];

    private Option<string?> Files { get; } = Text(
        "--files", "NODE:FOLDER/PATTERN", "look at this folder of a node at each time, and start once for each new file; "
            + "the command finds its path in SCHEDULE_FILE");

    private Option<string?> Settled { get; } = Text(
        "--settled", "DURATION", "with --files: for how long a file must not have changed [default: 10s]");

    private Option<bool> SkipExisting { get; } = new("--skip-existing")
    {
        Description = "with --files: start nothing for files that are there already",
    };

    private Option<long?> CatchUpLimit { get; } = NumberOption.Whole(
        "--catch-up-limit", "with --catch-up all: maximum to run, newest first");
    private Option<bool> Paused { get; } = new("--paused")
    {
        Description = "set the schedule as paused; without this option it is active",
    };

    private CommandWords Words { get; } = new(takesFiles: false);
    private SpecOptions Spec { get; } = new(isScheduled: true);

    /// <summary>Creates the command.</summary>
    public Command Make(ResourceCommands schedules, CommonOptions common, TextWriter errors)
    {
        var id = schedules.Id();
        var command = new Command("set", "create or replace a schedule; omitted fields take their defaults")
        {
            id, File, Job, Workflow, Files, Settled, SkipExisting, CatchUpLimit, Paused,
        };
        foreach (var (option, _) in Fields.Concat(Calendars))
            command.Add(option);
        Words.AddTo(command);
        Spec.AddTo(command);
        command.SetAction(async (result, cancellation) =>
        {
            var body = result.GetValue(File) is { } file ? TextFile.ReadObject("--file", file)
                : Body(result, TargetOf(result));
            using var gateway = common.Open(result);
            var path = schedules.PathOf(result.GetValue(id)!);
            var wasPaused = (await Find(gateway, path, cancellation))?.Field("paused") == "true";
            var schedule = await gateway.Put(path, body, cancellation);
            schedules.Show(schedule, result);
            if (wasPaused && body["paused"]?.GetValueKind() != JsonValueKind.True)
                errors.WriteLine("otask: the schedule was paused and is active now; --paused keeps it paused.");
            return ExitCodes.Done;
        });
        return command;
    }

    // Returns the schedule that is replaced; null if there is none or the key may not read it.
    private static async Task<JsonNode?> Find(Gateway gateway, string path, CancellationToken cancellation)
    {
        try
        {
            return await gateway.Get(path, cancellation);
        }
        catch (RefusedException refusal) when (refusal.Status is 403 or 404)
        {
            return null;
        }
    }

    // Returns what the schedule starts, and the field of the body for it.
    private (string Field, JsonObject Target) TargetOf(ParseResult result)
    {
        var (job, workflow) = (result.GetValue(Job), result.GetValue(Workflow));
        if (job is not null && workflow is not null)
            throw new UsageException("--job and --workflow exclude each other.");
        if ((job ?? workflow) is not { } file)
            return ("task", TaskOf(result));
        var option = job is null ? "--workflow" : "--job";
        var task = new JsonObject();
        Spec.Fill(task, result);
        if (Words.AreIn(result) || task.Count > 0)
            throw new UsageException($"{option} excludes a command and its options, such as --queue, --name and --label: set them in the file.");
        return (option[2..], TextFile.ReadObject(option, file));
    }

    /// <summary>Sets the fields that name calendars.</summary>
    public void SetCalendars(JsonObject body, ParseResult result)
    {
        foreach (var (option, field) in Calendars)
        {
            if (result.GetValue(option) is { } names)
                body[field] = new JsonArray([.. names.Split(',', StringSplitOptions.TrimEntries).Select(static name => JsonValue.Create(name))]);
        }
    }

    private void SetFiles(JsonObject body, ParseResult result)
    {
        var (settled, skips) = (result.GetValue(Settled), result.GetValue(SkipExisting));
        if (result.GetValue(Files) is not { } text)
        {
            if (settled is not null || skips)
                throw new UsageException("--settled and --skip-existing need --files.");
            return;
        }

        var (colon, slash) = (text.IndexOf(':', StringComparison.Ordinal), text.LastIndexOf('/'));
        if (colon <= 0 || slash <= colon)
        {
            throw new UsageException(
                $"Invalid value '{text}' for --files: expected NODE:FOLDER/PATTERN, such as 'w1:/incoming/*.csv'.");
        }

        var folder = slash == colon + 1 ? "/" : text[(colon + 1)..slash];
        var files = new JsonObject { ["node"] = text[..colon], ["folder"] = folder };
        if (slash + 1 < text.Length)
            files["match"] = text[(slash + 1)..];
        if (settled is not null)
            files["settled"] = settled;
        if (skips)
            files["existing"] = "skip";
        body["files"] = files;
    }

    private JsonObject TaskOf(ParseResult result)
    {
        if (!Words.AreIn(result))
            throw new UsageException("Give a command, --job, --workflow or --file.");
        var task = Words.Read(result);
        Spec.Fill(task, result);
        return task;
    }

    private JsonObject Body(ParseResult result, (string Field, JsonObject Target) start)
    {
        var body = new JsonObject { [start.Field] = start.Target };
        foreach (var (option, field) in Fields)
        {
            if (result.GetValue(option) is { } text)
                body[field] = text;
        }

        SetCalendars(body, result);
        SetFiles(body, result);
        Set(body, "catchUpLimit", result.GetValue(CatchUpLimit));
        if (result.GetValue(Paused))
            body["paused"] = true;
        return body;
    }
}
