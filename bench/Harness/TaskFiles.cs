using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace OrleansTasks.Bench.Harness;

/// <summary>Files of the service, and tasks with files.</summary>
internal static class TaskFiles
{
    /// <summary>Bytes of a mebibyte.</summary>
    public const long Mebi = 1 << 20;

    /// <summary>A task that has one file and does nothing.</summary>
    public static JsonObject WithInput(string name) => WithInputs([name]);

    /// <summary>A task that has files and does nothing.</summary>
    public static JsonObject WithInputs(IReadOnlyList<string> names) => new()
    {
        ["cmd"] = "true",
        ["files"] = new JsonArray(
            [.. names.Select(static (name, i) => (JsonNode)new JsonObject { ["path"] = $"in/{i}", ["file"] = name })]),
    };

    /// <summary>Seconds from the POST of a task to the answer that it has succeeded.</summary>
    public static async Task<double> Timed(HttpClient gateway, JsonObject spec)
    {
        var began = TimeProvider.System.GetTimestamp();
        await Ended(gateway, spec);
        return TimeProvider.System.GetElapsedTime(began).TotalSeconds;
    }

    /// <summary>Submits a task and returns it when it has succeeded.</summary>
    public static async Task<JsonElement> Ended(HttpClient gateway, JsonObject spec)
    {
        using var posted = await gateway.PostAsJsonAsync("/api/v1/tasks", spec);
        if (!posted.IsSuccessStatusCode)
            throw new InvalidOperationException(await posted.Content.ReadAsStringAsync());
        JsonElement task;
        do
            task = await gateway.GetFromJsonAsync<JsonElement>(posted.Headers.Location + "?wait=60s");
        while (task.GetProperty("endedAt").ValueKind == JsonValueKind.Null);
        return task.GetProperty("state").GetString() == "succeeded" ? task
            : throw new InvalidOperationException($"The task failed: {task}");
    }

    /// <summary>Stores new bytes, which neither the service nor a worker has, and returns their name.</summary>
    public static async Task<string> Store(HttpClient gateway, string folder, int mebibytes)
    {
        var path = Path.Combine(folder, "large");
        Fill(path, mebibytes * Mebi);
        return await Store(gateway, path);
    }

    /// <summary>Stores a file and returns its name.</summary>
    public static async Task<string> Store(HttpClient gateway, string path)
    {
        await using var file = File.OpenRead(path);
        using var answer = await gateway.PostAsync("/api/v1/files", new StreamContent(file));
        return (await answer.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<JsonElement>()).GetProperty("file")
            .GetString()!;
    }

    /// <summary>Makes a file of random bytes that is on the disk.</summary>
    public static void Fill(string path, long bytes)
    {
        using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, 0);
        var block = new byte[(int)Mebi];
        for (var left = bytes; left > 0; left -= block.Length)
        {
            Random.Shared.NextBytes(block);
            file.Write(block);
        }

        file.Flush(flushToDisk: true);
    }
}
