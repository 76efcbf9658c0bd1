using System.Text.Json.Nodes;
using OrleansTasks.Storage.Sqlite.Interop;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.Durability;

/// <summary>Rows that this program cannot read, written into the database beside it: a list shows the others, and a queue goes on.</summary>
public sealed class UnreadableRowTests : DataFolders
{
    private const string NoText = "CAST(x'FFFE7B' AS TEXT)";
    private const string FirstTask = "(SELECT min(key) FROM tasks)";

    // What is planted, and the lists that have the row.
    private static readonly (string Sql, string[] Lists)[] Planted =
    [
        ($"UPDATE specs SET labels = {NoText} WHERE task = {FirstTask}", ["tasks", "search?q=seen"]),
        ($"UPDATE specs SET batch = x'FF01' WHERE task = {FirstTask}", ["tasks"]),
        ($"UPDATE specs SET spec = x'' WHERE task = {FirstTask}", ["tasks"]),
        ($"UPDATE specs SET spec = x'FF01' WHERE task = {FirstTask}", ["tasks"]),
        ($"UPDATE tasks SET reason = 99 WHERE key = {FirstTask}", ["tasks"]),
        ($"UPDATE tasks SET state = 99 WHERE key = {FirstTask}", ["tasks", "tasks/summary"]),
        ($"UPDATE job_specs SET labels = {NoText} WHERE job = (SELECT min(key) FROM jobs)", ["jobs", "attention"]),
        ("UPDATE occurrences SET task = x'FF01'", ["schedules/load", "schedules"]),
        ("UPDATE audit SET was = '{', became = '{'", ["audit"]),
        ($"UPDATE workflows SET labels = {NoText}, state = 99 WHERE key = (SELECT min(key) FROM workflows)", ["workflows", "search?q=seen"]),
        ("UPDATE workflow_specs SET outline = x'FF01'", ["workflows"]),
        ($"UPDATE nodes SET labels = {NoText}", ["nodes"]),
    ];

    [Fact]
    public async Task List_WithOneUnreadableRow_ShowsAllOthers()
    {
        await using var service = await Service.Start(Data);
        foreach (var name in (string[])["seen1", "seen2"])
        {
            var id = await IdOf(service, "tasks", $$$"""{"cmd":"true","name":"{{{name}}}","labels":{"a":"b"}}""");
            await service.Ended(id);
            await IdOf(service, "jobs", $$$"""{"name":"{{{name}}}","labels":{"a":"b"},"source":{"items":[1]},"process":{"builtin":"square"}}""");
            await IdOf(service, "workflows", $$$"""{"name":"{{{name}}}","labels":{"a":"b"},"nodes":[{"name":"n","task":{"cmd":"true"}}]}""");
        }

        foreach (var every in (string[])["1h", "2h"])
            await Sent(service, HttpMethod.Put, "schedules/s", $$$"""{"every":"{{{every}}}","task":{"cmd":"true"}}""");
        await Sent(service, HttpMethod.Post, "schedules/s/trigger", "{}");
        foreach (var (sql, lists) in Planted)
        {
            var before = await CountAll(service, lists);
            using (var beside = Connection.Open(Path.Combine(Data, "tasks.db"), create: false, TimeSpan.FromSeconds(10)))
                beside.Execute(sql);
            Assert.Equal(before, await CountAll(service, lists));
        }
    }

    [Fact]
    public async Task Queue_WithAWaitingTaskThatCannotBeRead_GoesOn()
    {
        string[] waiting;
        await using (var service = await Service.Start(Data))
        {
            waiting =
            [
                await IdOf(service, "tasks", """{"cmd":"true","requires":{"no":"where"}}"""),
                await IdOf(service, "tasks", """{"cmd":"true","requires":{"no":"where"},"retry":{"maxAttempts":3}}"""),
                await IdOf(service, "tasks", """{"cmd":"true","requires":{"no":"where"},"concurrency":{"key":"k"}}"""),
            ];
            service.Terminate();
            Assert.Equal(0, await service.End());
        }

        using (var beside = Connection.Open(Path.Combine(Data, "tasks.db"), create: false, TimeSpan.FromSeconds(10)))
        {
            beside.Execute($"UPDATE tasks SET requires = {NoText} WHERE key = {FirstTask}");
            beside.Execute($"UPDATE tasks SET retry = {NoText} WHERE key = {FirstTask} + 1");
            beside.Execute($"UPDATE tasks SET extra = {NoText} WHERE key = {FirstTask} + 2");
        }

        await using var next = await Service.Start(Data);
        Assert.Equal("succeeded", (string?)(await next.Ended(await next.Submit("true")))["state"]);
        foreach (var id in waiting)
        {
            Assert.Contains("unreadable", await next.Http.GetStringAsync($"/api/v1/tasks/{id}/why"), StringComparison.Ordinal);
            await Sent(next, HttpMethod.Post, $"tasks/{id}/cancel", null);
            Assert.Equal("cancelled", (string?)(await next.Ended(id))["state"]);
        }
    }

    /// <summary>How many items each list has; fails when one is not answered.</summary>
    private static async Task<List<int>> CountAll(Service service, string[] lists)
    {
        var counts = new List<int>();
        foreach (var list in lists)
        {
            JsonNode found = new JsonObject();
            // A search answers after 100 ms with what it has found by then, and says so.
            await Until.Holds($"{list} is complete", TimeSpan.FromMinutes(2), async () =>
                (bool?)(found = (await Sent(service, HttpMethod.Get, list, null))!)["complete"] is not false);
            counts.Add((found["items"] as JsonArray)?.Count ?? 0);
        }

        return counts;
    }

    private static async Task<string> IdOf(Service service, string path, string body) =>
        (string)(await Sent(service, HttpMethod.Post, path, body))!["id"]!;

    private static async Task<JsonNode?> Sent(Service service, HttpMethod method, string path, string? body)
    {
        using var request = new HttpRequestMessage(method, $"/api/v1/{path}");
        if (body is not null)
            request.Content = new StringContent(body, global::System.Text.Encoding.UTF8, "application/json");
        using var answer = await service.Http.SendAsync(request);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, $"{method} {path}: {text}");
        return JsonNode.Parse(text);
    }
}
