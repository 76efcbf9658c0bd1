using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using OrleansTasks.Cli.Tasks;
using static OrleansTasks.Cli.SpecFields;

namespace OrleansTasks.Cli.Schedules;

/// <summary><c>otask schedule set</c>: creates a schedule, or replaces one as a whole.</summary>
internal static class SchedulePut
{
    private static readonly Option<string?> File = new("--file")
    {
        HelpName = "FILE",
        Description = "the whole schedule as JSON, '-' for standard input; instead of all other options",
    };

    private static readonly Option<string?> Workflow = Text(
        "--workflow", "FILE", "start the workflow in this file of JSON, '-' for standard input; instead of a command");

    private static readonly Option<string?> Job = Text(
        "--job", "FILE", "start the data job in this file of JSON, '-' for standard input; instead of a command");

    /// <summary>The options that set one field of the body each, with that field.</summary>
    private static readonly (Option<string?> Option, string Field)[] Fields =
    [
        (Text("--cron", "EXPR", "times of day: minute, hour, day of month, month, day of week"), "cron"),
        (Text("--every", "DURATION", "a period of elapsed time"), "every"),
        (Text("--zone", "NAME", "the IANA name of the time zone of --cron [default: UTC]"), "timeZone"),
        (Text("--overlap", "WHAT", "while an earlier one has not ended: skip, allow or queueOne [default: skip]"), "overlap"),
        (Text("--catch-up", "WHICH", "which missed ones are run: none, one or all [default: none]"), "catchUp"),
        (Text("--start-within", "DURATION", "when one counts as missed [default: 1m]"), "startWithin"),
        (Text("--jitter", "DURATION", "start each one later by a part of this"), "jitter"),
        (Text("--start-at", "TIME", "no occurrence is earlier; of --every the first one"), "startAt"),
        (Text("--end-at", "TIME", "no occurrence is at or after it"), "endAt"),
    ];

    private static readonly Option<long?> CatchUpLimit = NumberOption.Whole(
        "--catch-up-limit", "with --catch-up all: at most so many, the newest");
    private static readonly Option<bool> Paused = new("--paused") { Description = "start nothing until it is resumed" };

    private static readonly CommandWords Words = new(takesScripts: false);
    private static readonly SpecOptions Spec = new(isScheduled: true);

    /// <summary>Creates the command.</summary>
    public static Command Make(ResourceCommands schedules, CommonOptions common)
    {
        var id = schedules.Id();
        var command = new Command("set", "make a schedule, or replace all of one; what is left out takes its default")
        {
            id, File, Job, Workflow, CatchUpLimit, Paused,
        };
        foreach (var (option, _) in Fields)
            command.Add(option);
        Words.AddTo(command);
        Spec.AddTo(command);
        command.SetAction(async (result, cancellation) =>
        {
            var body = result.GetValue(File) is { } file ? await Read("--file", file, cancellation)
                : Body(result, await TargetOf(result, cancellation));
            using var gateway = common.Open(result);
            schedules.Show(await gateway.Put(schedules.PathOf(result.GetValue(id)!), body, cancellation), result);
            return ExitCodes.Done;
        });
        return command;
    }

    // Returns what the schedule starts, and the field of the body for it.
    private static async Task<(string Field, JsonObject Target)> TargetOf(
        ParseResult result, CancellationToken cancellation)
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
        return (option[2..], await Read(option, file, cancellation));
    }

    private static JsonObject TaskOf(ParseResult result)
    {
        if (!Words.AreIn(result))
            throw new UsageException("Give a command to run, --job, --workflow or --file.");
        var task = Words.Read(result);
        Spec.Fill(task, result);
        return task;
    }

    private static JsonObject Body(ParseResult result, (string Field, JsonObject Target) start)
    {
        var body = new JsonObject { [start.Field] = start.Target };
        foreach (var (option, field) in Fields)
        {
            if (result.GetValue(option) is { } text)
                body[field] = text;
        }

        Set(body, "catchUpLimit", result.GetValue(CatchUpLimit));
        if (result.GetValue(Paused))
            body["paused"] = true;
        return body;
    }

    private static async Task<JsonObject> Read(string option, string file, CancellationToken cancellation)
    {
        try
        {
            var text = file == "-"
                ? await Console.In.ReadToEndAsync(cancellation)
                : await System.IO.File.ReadAllTextAsync(file, cancellation);
            return JsonNode.Parse(text) as JsonObject ?? throw new UsageException($"{option} must have a JSON object.");
        }
        catch (Exception fault) when (fault is JsonException or FileNotFoundException or DirectoryNotFoundException or UnauthorizedAccessException)
        {
            throw new UsageException($"{option} cannot be read: {fault.Message}");
        }
    }
}
