using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using OrleansTasks.Cli.Api;
using OrleansTasks.Cli.Output;
using OrleansTasks.Cli.Tasks;
using OrleansTasks.Worker.Processes;

namespace OrleansTasks.Cli.Map;

/// <summary>The end of a task of a map.</summary>
/// <param name="line">The task.</param>
/// <param name="id">The id of the task in the service.</param>
/// <param name="task">The ended task as the gateway shows it; null if the service has removed it already.</param>
internal sealed class MapEnd(MapLine line, string id, JsonNode? task)
{
    /// <summary>The bytes that a task shows of the end of each stream.</summary>
    private const int LongestTail = 4096;

    /// <summary>The task.</summary>
    public MapLine Line => line;

    /// <summary>The id of the task in the service.</summary>
    public string Id => id;

    /// <summary>The exit code, as <c>otask run</c> would have it.</summary>
    public int ExitCode { get; } = task is null ? ExitCodes.NoExitCode : TaskExit.ExitCode(task);

    /// <summary>The number of the signal that ended the task; 0 for none.</summary>
    public int Signal { get; } = task?.Field("reason") == "signal" ? SignalNames.NumberOf(task.Field("signal")) : 0;

    /// <summary>The worker that ran it; empty if none did.</summary>
    public string Node { get; } = task?.Field("node") ?? "";

    /// <summary>When it started, or ended without a start.</summary>
    public DateTimeOffset StartedAt { get; } = TimeOf(task, "startedAt") ?? TimeOf(task, "endedAt") ?? default;

    /// <summary>When it ended.</summary>
    public DateTimeOffset EndedAt { get; } = TimeOf(task, "endedAt") ?? default;

    /// <summary>The size of its output.</summary>
    public long OutputBytes { get; } = StreamBytes(task, "stdoutBytes") + StreamBytes(task, "stderrBytes");

    /// <summary>Whether it left files.</summary>
    public bool LeftFiles { get; } = task?.Field("artifactCount") is { Length: > 0 } and not "0";

    /// <summary>Whether it was cancelled.</summary>
    public bool IsCancelled { get; } = task?.Field("state") == "cancelled";

    /// <summary>What output and exit code do not show; null if they show everything.</summary>
    public string? Explanation { get; } = task is null
        ? "has ended and was removed by the service, whose retention is too short for this map" : TaskExit.Explain(task);

    /// <summary>
    /// The output of both streams, if the task shows all of it; null if it must be read from the gateway.
    /// </summary>
    public (byte[] Stdout, byte[] Stderr)? Output { get; } = OutputOf(task);

    private static (byte[] Stdout, byte[] Stderr)? OutputOf(JsonNode? task)
    {
        var (stdout, stderr) = (StreamBytes(task, "stdoutBytes"), StreamBytes(task, "stderrBytes"));
        if (stdout > LongestTail || stderr > LongestTail || task?["output"]?.Field("truncated") == "true")
            return null;
        // The tail has the end of stdout, then that of stderr. U+FFFD may stand for other bytes.
        var tail = task?["output"]?.Field("tail") ?? "";
        var bytes = Encoding.UTF8.GetBytes(tail);
        return bytes.Length == stdout + stderr && !tail.Contains('\uFFFD', StringComparison.Ordinal)
            ? (bytes[..(int)stdout], bytes[(int)stdout..]) : null;
    }

    private static long StreamBytes(JsonNode? task, string field) => task?.Required("output").Whole(field) ?? 0;

    private static DateTimeOffset? TimeOf(JsonNode? task, string field) =>
        DateTimeOffset.TryParse(task?.Field(field), CultureInfo.InvariantCulture, out var time) ? time : null;
}
