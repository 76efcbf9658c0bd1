using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace OrleansTasks.Bench.Harness;

/// <summary>
/// Tasks of another queue beside something large: one every 20 ms, whether or not the earlier ones have ended, so a
/// stall delays every task that falls into it.
/// </summary>
public static class Bystanders
{
    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(20);

    /// <summary>
    /// Submits a task every beat. Returns the milliseconds from each task's beat to its end, and how many ran more than
    /// once.
    /// </summary>
    public static async Task<(double[] Delays, int Repeated)> Observe(
        ServiceProcess service, DateTimeOffset from, DateTimeOffset to)
    {
        var lives = new List<Task<(double Delay, int Attempt)>>();
        for (var at = from; at < to; at += Beat)
        {
            var wait = at - TimeProvider.System.GetUtcNow();
            if (wait > TimeSpan.Zero)
                await Task.Delay(wait, TimeProvider.System);
            lives.Add(Live(service, at));
        }

        var ended = await Task.WhenAll(lives);
        return ([.. ended.Select(static life => life.Delay)], ended.Count(static life => life.Attempt > 1));
    }

    /// <summary>A task as JSON; <paramref name="query"/> may have it waited for.</summary>
    public static async Task<JsonObject> Read(ServiceProcess service, string id, string query = "") =>
        (await service.Http.GetFromJsonAsync<JsonObject>($"/api/v1/tasks/{id}{query}"))!;

    private static async Task<(double Delay, int Attempt)> Live(ServiceProcess service, DateTimeOffset began)
    {
        var id = await Batches.SubmitOne(
            service.Http, new JsonObject { ["argv"] = new JsonArray("/bin/true"), ["queue"] = "other" });
        JsonObject task;
        do
            task = await Read(service, id, "?wait=60s");
        while (task["endedAt"] is null);
        return ((TimeProvider.System.GetUtcNow() - began).TotalMilliseconds, task["attempt"]!.GetValue<int>());
    }
}
