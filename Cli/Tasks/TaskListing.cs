using System.Globalization;
using System.Text.Json.Nodes;
using OrleansTasks.Cli.Output;

namespace OrleansTasks.Cli.Tasks;

/// <summary>Formats tasks as a table.</summary>
internal static class TaskListing
{
    /// <summary>Returns the table of tasks or of their rows.</summary>
    /// <param name="tasks">The tasks.</param>
    /// <param name="isWide">Whether to add columns for run times, progress and commands.</param>
    /// <param name="showsProgress">Whether a table that is not wide has the column for progress.</param>
    public static Table Of(IEnumerable<JsonNode> tasks, bool isWide, bool showsProgress = false)
    {
        string[] headings = ["ID", "STATE", "REASON", "QUEUE", "ATTEMPT", "NODE", "CREATED", "NAME"];
        var table = new Table(isWide ? [.. headings, "TOOK", "ENDED", "PROGRESS", "COMMAND"]
            : showsProgress ? [.. headings, "PROGRESS"] : headings);
        foreach (var task in tasks)
        {
            string[] cells =
            [
                task.Field("id"), task.Field("state"), Reason(task), task.Field("queue"), task.Field("attempt"),
                task.Field("node"),
                task.Field("createdAt"), task.Field("name"),
            ];
            table.Add(isWide ? [.. cells, Took(task), task.Field("endedAt"), Progress(task), Command(task)]
                : showsProgress ? [.. cells, Progress(task)] : cells);
        }

        return table;
    }

    /// <summary>
    /// Returns how far a task has come, such as <c>42.5% reading users</c>; empty if it does not report it.
    /// </summary>
    public static string Progress(JsonNode task) => task["progress"] is JsonObject progress
        ? $"{progress.Field("percent")}% {progress.Field("message")}".TrimEnd()
        : "";

    /// <summary>Returns in a word or two why a task or a group of failed tasks ended.</summary>
    public static string Reason(JsonNode task) => task.Field("reason") switch
    {
        "exit" => $"exit {task.Field("exitCode")}".TrimEnd(),
        "signal" => task.Field("signal"),
        var reason => reason,
    };

    /// <summary>
    /// Returns how long the latest attempt ran, in seconds; empty unless it has both started and ended.
    /// </summary>
    private static string Took(JsonNode task) =>
        DateTimeOffset.TryParse(task.Field("startedAt"), CultureInfo.InvariantCulture, out var started)
        && DateTimeOffset.TryParse(task.Field("endedAt"), CultureInfo.InvariantCulture, out var ended)
        && ended >= started
            ? string.Create(CultureInfo.InvariantCulture, $"{(ended - started).TotalSeconds:0.###}s")
            : "";

    private static string Command(JsonNode task) =>
        task["command"] is not null ? task.Field("command")
        : task["spec"] is JsonObject spec ? spec["cmd"] is not null ? spec.Field("cmd") : spec.Field("argv")
        : "";
}
