using System.Globalization;
using System.Text;
using System.Text.Json;
using OrleansTasks.Worker.Files;

namespace OrleansTasks.Worker.Supervision;

/// <summary>
/// The supervisor's statement that an agent and all processes that it started are dead, so the service may give the
/// agent's tasks to other nodes at once. The marker is in the worker's data folder from the end of one agent to the
/// start of the next.
/// </summary>
/// <param name="Instance">The node instance that the dead agent passed to <see cref="Supervised.Announce"/>.</param>
/// <param name="ProcessId">The agent's process id.</param>
/// <param name="Time">The time by which all of these processes were dead.</param>
public sealed record DeadMarker(string Instance, int ProcessId, DateTimeOffset Time)
{
    private const string FileName = "dead.json";

    /// <summary>
    /// Reads the marker and deletes it, so that it is never taken for a statement about the agent that starts now.
    /// Call it before that agent runs anything.
    /// </summary>
    /// <param name="folder">The worker's data folder.</param>
    /// <returns>The marker; null if there is none or it cannot be parsed.</returns>
    /// <exception cref="IOException">The marker cannot be deleted.</exception>
    public static DeadMarker? ReadAndClear(string folder)
    {
        var marker = Read(folder);
        File.Delete(Path.Combine(folder, FileName));
        return marker;
    }

    /// <summary>Reads the marker without deleting it. Returns null if there is none or it cannot be parsed.</summary>
    internal static DeadMarker? Read(string folder)
    {
        var path = Path.Combine(folder, FileName);
        if (!File.Exists(path)) return null;
        var text = File.ReadAllBytes(path);
        try
        {
            using var document = JsonDocument.Parse(text);
            var root = document.RootElement;
            return new(root.GetProperty("instance").GetString() ?? "", root.GetProperty("pid").GetInt32(),
                root.GetProperty("time").GetDateTimeOffset());
        }
        catch (Exception failure) when (failure is JsonException or KeyNotFoundException or InvalidOperationException
            or FormatException)
        {
            return null;
        }
    }

    /// <summary>
    /// Writes the marker, completely or not at all.
    /// A failure is only printed: without the marker, the service waits until the agent's leases expire.
    /// </summary>
    internal static void Write(string folder, DeadMarker marker)
    {
        var path = Path.Combine(folder, FileName);
        try
        {
            WholeFile.Write(path, ToJson(marker));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine($"cannot write {path}: {failure.Message}");
        }
    }

    // Written by hand, so that the supervisor, which stays in memory, does not load System.Text.Json.
    private static string ToJson(DeadMarker marker) => string.Create(CultureInfo.InvariantCulture,
        $$"""{"instance":"{{Escape(marker.Instance)}}","pid":{{marker.ProcessId}},"time":"{{marker.Time:O}}"}""");

    private static string Escape(string text)
    {
        var escaped = new StringBuilder(text.Length);
        foreach (var c in text)
        {
            if (c is '"' or '\\' or < ' ') escaped.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
            else escaped.Append(c);
        }
        return escaped.ToString();
    }
}
