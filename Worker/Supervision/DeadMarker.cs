using System.Globalization;
using System.Text;
using System.Text.Json;
using OrleansTasks.Worker.Files;

namespace OrleansTasks.Worker.Supervision;

/// <summary>
/// The proof that an agent is dead and that nothing of its process trees is left, so that what it ran may be given to
/// somebody else at once. Lies in the worker's data folder from the end of one agent to the start of the next.
/// </summary>
/// <param name="Instance">The node instance that has ended, as <see cref="Supervised.Announce"/> was told.</param>
/// <param name="ProcessId">The agent's process id.</param>
/// <param name="Time">When the last of its processes was dead.</param>
public sealed record DeadMarker(string Instance, int ProcessId, DateTimeOffset Time)
{
    private const string FileName = "dead.json";

    /// <summary>
    /// Takes the marker out of the folder, so that it can never speak of the agent that starts now. To be called before
    /// that agent runs anything.
    /// </summary>
    /// <param name="folder">The worker's data folder.</param>
    /// <returns>The marker; null when there is none, or none that can be read.</returns>
    /// <exception cref="IOException">It is there and cannot be removed.</exception>
    public static DeadMarker? ReadAndClear(string folder)
    {
        var marker = Read(folder);
        File.Delete(Path.Combine(folder, FileName));
        return marker;
    }

    /// <summary>Reads the marker and leaves it; null when there is none, or none that can be read.</summary>
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
    /// Writes it, whole or not at all. Failing to is not worth more than a message: leases lapse by themselves.
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

    // By hand: the supervisor stays small without a JSON library in it.
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
