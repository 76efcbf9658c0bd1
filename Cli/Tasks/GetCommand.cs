using System.CommandLine;
using System.Text.Json.Nodes;
using OrleansTasks.Cli.Api;
using OrleansTasks.Cli.Output;

namespace OrleansTasks.Cli.Tasks;

/// <summary>
/// <c>otask get</c> and <c>otask spec</c>: show a task in full, and the spec with which it was submitted.
/// </summary>
internal static class GetCommand
{
    private const int MostInput = 3;

    /// <summary>Creates the command.</summary>
    public static Command Make(CommonOptions common, TextWriter output)
    {
        var id = new Argument<string>("id") { Description = "the task's id" };
        var wait = new Option<string?>("--wait") { HelpName = "DURATION", Description = "wait until the task has "
            + "ended, but at most this long (up to 60s)" };
        var command = new Command("get", "show a task; control characters in its texts appear as symbols") { id, wait };
        command.SetAction(async (result, cancellation) =>
        {
            using var gateway = common.Open(result);
            var path = new RequestAddress($"/api/v1/tasks/{PathSegment.OfId(result.GetValue(id)!)}").Add("wait", result.GetValue(wait));
            var task = await gateway.Get(path.ToString(), cancellation);
            common.PrinterOf(result, output).One(task, people => Write(task, people));
            return ExitCodes.Done;
        });
        return command;
    }

    /// <summary>Creates <c>spec</c>.</summary>
    public static Command MakeSpec(CommonOptions common, TextWriter output)
    {
        var id = new Argument<string>("id") { Description = "the task's id" };
        var command = new Command(
            "spec", "print a task's spec as JSON, as submitted, without secretEnv; otask submit --spec takes it")
        {
            id,
        };
        command.SetAction(async (result, cancellation) =>
        {
            using var gateway = common.Open(result);
            var task = await gateway.Get($"/api/v1/tasks/{PathSegment.OfId(result.GetValue(id)!)}", cancellation);
            output.WriteLine(JsonText.Of(task.Required("spec")));
            return ExitCodes.Done;
        });
        return command;
    }

    private static void Write(JsonNode task, TextWriter output)
    {
        foreach (var field in (string[])["id", "name", "state", "reason", "exitCode", "signal", "queue", "priority", "attempt", "node",
            "createdAt", "queuedAt", "startedAt", "endedAt", "cancelRequestedAt",
            "resultBytes", "artifactCount", "artifactBytes"])
            if (task.Field(field) is { Length: > 0 } value)
                Show(field, value);
        if (task.Field("artifactsExpired") == "true")
            Show("artifacts", "expired");
        if (TaskListing.Progress(task) is { Length: > 0 } progress)
        {
            var end = task["progress"]?.Field("endsAt");
            Show("progress", end is { Length: > 0 } ? $"{progress} (ends at {end} at this pace)" : progress);
        }

        if (task["labels"] is JsonObject { Count: > 0 } labels)
            Show("labels", string.Join(' ', labels.Select(label => $"{label.Key}={label.Value}")));
        if (task["spec"] is JsonObject spec)
        {
            Show("command", spec["cmd"] is not null ? spec.Field("cmd") : spec.Field("argv"));
            var input = spec.Field("stdin").Split('\n', StringSplitOptions.RemoveEmptyEntries);
            foreach (var (at, line) in input.Take(MostInput).Index())
                Show(at == 0 ? "stdin" : "", line);
            if (input.Length > MostInput)
                Show("", "… (all of it: otask spec ID)");
        }

        if (task["output"] is not { } written)
            return;
        // The counts come with the end of an attempt.
        if (task.Field("state") == "running" && written.Field("stdoutBytes") == "0"
            && written.Field("stderrBytes") == "0")
        {
            Show("output", $"counted at the end; see it now: otask logs -f {task.Field("id")}");
            return;
        }

        Show("output", $"{written.Field("stdoutBytes")} bytes stdout, {written.Field("stderrBytes")} bytes stderr"
            + (written.Field("truncated") == "true" ? ", truncated" : ""));
        if (written.Field("tail") is { Length: > 0 } tail)
            output.WriteLine("\n" + TerminalText.Lines(tail).TrimEnd('\n'));

        void Show(string field, string value) => output.WriteLine($"{field,-18}{TerminalText.Line(value)}");
    }
}
