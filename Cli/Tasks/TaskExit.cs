using System.Text.Json.Nodes;
using OrleansTasks.Cli.Api;
using OrleansTasks.Cli.Output;
using OrleansTasks.Worker.Processes;

namespace OrleansTasks.Cli.Tasks;

/// <summary>Converts the end of a task to an exit code and to words.</summary>
internal static class TaskExit
{
    /// <summary>Returns whether the task has ended.</summary>
    public static bool IsFinal(JsonNode task) =>
        task.Required("state").ToString() is "succeeded" or "failed" or "cancelled";

    /// <summary>
    /// Returns the task's own exit code if it exited; 124 if it ran out of time; 128 plus the signal's number if a
    /// signal ended it; otherwise 125.
    /// </summary>
    public static int ExitCode(JsonNode task)
    {
        var reason = task.Field("reason");
        if (reason == "timeout")
            return ExitCodes.TimedOut;
        if (reason == "exit" && int.TryParse(task.Field("exitCode"), out var code))
            return code;
        return reason == "signal" && SignalNames.NumberOf(task.Field("signal")) is var number and > 0
            ? ExitCodes.Signal + number
            : ExitCodes.NoExitCode;
    }

    /// <summary>Returns what the output and the exit code do not show; null if they show everything.</summary>
    public static string? Explain(JsonNode task)
    {
        var truncated = task["output"]?.Field("truncated") == "true" ? "; only the beginning of its output was kept" : "";
        return (task.Field("state"), task.Field("reason")) switch
        {
            ("succeeded", _) or (_, "exit") => truncated.Length == 0 ? null : $"has ended{truncated}",
            (_, "signal") => $"was ended by {task.Field("signal")}{truncated}",
            ("cancelled", "replaced") => "was replaced by a later task with its unique key" + truncated,
            ("cancelled", _) => "was cancelled" + truncated,
            ("failed", "job-failed") => "failed, because its data job failed",
            ("failed", _) when MessageOf(task) is { } message => message,
            (var state, var reason) => $"{state} ({reason}){truncated}",
        };
    }

    /// <summary>
    /// Returns what the service or the worker says about the failure, as a predicate of the task; null for other ends.
    /// </summary>
    public static string? MessageOf(JsonNode task) => task.Field("reason") switch
    {
        "spawn-failed" => $"could not be started: {TerminalText.Lines(task["output"]?.Field("tail") ?? "").TrimEnd()}",
        "bad-result" => $"had an invalid result or inputs: {LastLine(task)}",
        "artifact-missing" => $"did not leave its required artifacts: {LastLine(task)}",
        "artifact-too-large" => $"left more artifacts than allowed: {LastLine(task)}",
        "file-unavailable" => $"could not fetch or store a file: {LastLine(task)}",
        "image-unavailable" => $"could not get the image of its container: {LastLine(task)}",
        _ => null,
    };

    private static string LastLine(JsonNode task) =>
        TerminalText.Line((task["output"]?.Field("tail") ?? "").TrimEnd().Split('\n')[^1]);
}
