using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;

namespace OrleansTasks.Bench.Harness;

/// <summary>Submits many equal tasks over HTTP.</summary>
public static class Batches
{
    private const int Most = 10_000;

    /// <summary>A label that no worker of the benchmarks carries: a task that requires it stays queued.</summary>
    public static JsonObject Nowhere => new() { ["bench"] = "nowhere" };

    /// <summary>Submits a task <paramref name="count"/> times, 10,000 a request.</summary>
    public static async Task Submit(HttpClient http, JsonObject task, int count)
    {
        for (var left = count; left > 0; left -= Most)
        {
            var copies = Enumerable.Range(0, Math.Min(Most, left)).Select(_ => task.DeepClone());
            var tasks = new JsonArray([.. copies]);
            using var content = new StringContent(
                new JsonObject { ["tasks"] = tasks }.ToJsonString(), Encoding.UTF8, "application/json");
            using var reply = await http.PostAsync("/api/v1/tasks/batch", content);
            if (!reply.IsSuccessStatusCode)
                throw new InvalidOperationException($"{(int)reply.StatusCode}: {await reply.Content.ReadAsStringAsync()}");
        }
    }

    /// <summary>Submits one task; its id.</summary>
    public static async Task<string> SubmitOne(HttpClient http, JsonObject task)
    {
        using var reply = await http.PostAsJsonAsync("/api/v1/tasks", task);
        if (!reply.IsSuccessStatusCode)
            throw new InvalidOperationException($"{(int)reply.StatusCode}: {await reply.Content.ReadAsStringAsync()}");
        return (await reply.Content.ReadFromJsonAsync<JsonObject>())!["id"]!.GetValue<string>();
    }
}
