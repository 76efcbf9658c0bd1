using System.Text.Json;
using System.Text.Json.Nodes;

namespace OrleansTasks.Cli.Tasks;

/// <summary>Reads the tasks of <c>otask submit --batch</c>.</summary>
internal static class BatchFile
{
    /// <summary>
    /// Returns the body for the gateway: <c>{"tasks":[…]}</c>. The file contains that, the array alone, or a spec per line.
    /// Throws <see cref="UsageException"/>.
    /// </summary>
    public static JsonObject Read(string file)
    {
        var text = TextFile.ReadUnmarked("--batch", file);
        var lines = text.Split('\n');
        if (lines.Count(static line => !string.IsNullOrWhiteSpace(line)) > 1
            && IsSpec(lines.First(static line => !string.IsNullOrWhiteSpace(line))))
        {
            return new JsonObject
            {
                ["tasks"] = new JsonArray([.. lines.Index().Where(static line => !string.IsNullOrWhiteSpace(line.Item))
                    .Select(line => Parse(line.Item, $"--batch: line {line.Index + 1} of '{file}'"))]),
            };
        }

        return Parse(text, $"--batch: '{file}'") switch
        {
            JsonObject body when body.ContainsKey("tasks") => body,
            JsonObject single => new JsonObject { ["tasks"] = new JsonArray(single) },
            JsonArray tasks => new JsonObject { ["tasks"] = tasks },
            _ => throw new UsageException($"--batch: '{file}' must contain an array of specs, or one spec per line."),
        };
    }

    private static bool IsSpec(string line)
    {
        try
        {
            // Not strictly, so that a fault in the first line is reported with its number.
            using var spec = JsonDocument.Parse(line);
            return spec.RootElement.ValueKind == JsonValueKind.Object
                && !spec.RootElement.TryGetProperty("tasks", out _);
        }
        catch (JsonException)
        {
            // The value goes on in the next line.
            return false;
        }
    }

    private static JsonNode? Parse(string text, string where)
    {
        try
        {
            return StrictJson.Parse(text);
        }
        catch (JsonException fault)
        {
            throw new UsageException($"{where} is not valid JSON: {fault.Message}");
        }
    }
}
