using System.Collections.Concurrent;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.Clocks;

/// <summary>
/// Has a service do something of every kind, with what it has already in use and with what it has not: whatever the clock is set
/// to, a caller must notice nothing.
/// </summary>
/// <param name="service">The service, or the gateway of a cluster.</param>
/// <param name="clock">Its clock.</param>
internal sealed class Work(Service service, FakeClock clock) : IDisposable
{
    private const string Job = """{"source":{"range":{"from":0,"to":200}},"process":{"builtin":"identity"},"aggregate":[{"op":"sum"}],"chunkSize":50}""";
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(20);

    private readonly HttpListener target = new();
    private readonly ConcurrentDictionary<string, bool> delivered = new();
    private string url = "";
    private string node = "";

    /// <summary>What was done, for the evidence.</summary>
    public int Done { get; private set; }

    /// <summary>Starts the webhooks' receiver.</summary>
    public void Listen()
    {
        url = $"http://{RestartAddress.Next()}/";
        target.Prefixes.Add(url);
        target.Start();
        _ = Serve();
    }

    /// <summary>Brings into use what later rounds find in use.</summary>
    public async Task Begin()
    {
        await Until.Holds("a node has joined", Limit, async () =>
            (node = (string?)(await Get("/api/v1/nodes"))["items"]!.AsArray().FirstOrDefault()?["id"] ?? "").Length > 0);
        await Put("/api/v1/schedules/old", $$"""{"cron":"0 4 1 1 *","job":{{Job}} }""");
        await Post("/api/v1/webhooks", $$"""{"url":"{{url}}old","types":["task"]}""", 201);
        await All("old", isNew: true);
    }

    /// <summary>Does everything once, with the old and with new ones, whose names end as given.</summary>
    public async Task Round(string name)
    {
        await Put($"/api/v1/schedules/s{name}", $$"""{"cron":"0 4 1 1 *","task":{"cmd":"true","queue":"s{{name}}"} }""");
        await Post("/api/v1/webhooks", $$"""{"url":"{{url}}{{name}}","types":["task"]}""", 201);
        await Task.WhenAll(All("old", isNew: false), All(name, isNew: true), RunsOf("old"), RunsOf($"s{name}"));
        foreach (var path in (string[])["readyz", "api/v1/queues", "api/v1/nodes", "api/v1/tasks", "api/v1/jobs", "api/v1/schedules", "api/v1/workflows",
            "api/v1/rollouts", "api/v1/audit", "api/v1/cluster", "api/v1/webhooks", "api/v1/attention", "api/v1/schedules/load",
            "api/v1/schedules/upcoming", "api/v1/series?names=tasks.started"])
            await Get("/" + path);
    }

    /// <summary>The entries of attention with a code.</summary>
    public async Task<JsonNode[]> Attention(string code) =>
        [.. (await Get("/api/v1/attention"))["items"]!.AsArray().Select(static item => item!).Where(item => (string?)item["code"] == code)];

    /// <inheritdoc/>
    public void Dispose() => target.Close();

    private async Task All(string name, bool isNew)
    {
        var settings = isNew ? Put($"/api/v1/queues/p{name}", """{"maxRunning":30}""") : Task.CompletedTask;
        await Task.WhenAll(settings, RunTask(name), RunJob(name), RunWorkflow(name), RunRollout(name), MakeKey(name), UseNode());
    }

    private async Task RunTask(string queue)
    {
        var accepted = await Post("/api/v1/tasks", $$"""{"cmd":"true","queue":"{{queue}}"}""", 202);
        var created = (DateTimeOffset)accepted["createdAt"]!;
        Assert.True((created - clock.Now).Duration() < Margin, $"Created at {created} when the clock shows {clock.Now}.");
        var id = (string)accepted["id"]!;
        var ended = await service.Ended(id);
        Assert.True((string?)ended["state"] == "succeeded" && (int)ended["attempt"]! == 1, ended.ToString());
        foreach (var hook in (string[])["old", queue])
            await Until.Holds($"webhook {hook} has told the end of {id}", Limit, () => Task.FromResult(delivered.ContainsKey($"{hook} {id} succeeded")));
    }

    private async Task RunJob(string name)
    {
        var job = JsonNode.Parse(Job)!;
        job["queue"] = name;
        await Ends("job", (string)(await Post("/api/v1/jobs", job.ToJsonString(), 202))["id"]!, static ended => Assert.Equal(200, (long)ended["itemsDone"]!));
    }

    private async Task RunWorkflow(string name) => await Ends("workflow", (string)(await Post("/api/v1/workflows", $$"""
        {"queue":"{{name}}","nodes":[{"name":"a","task":{"cmd":"true"} },{"name":"b","task":{"cmd":"true"},"after":["a"]}]}
        """, 202))["id"]!, static _ => { });

    private async Task RunRollout(string name) => await Ends("rollout", (string)(await Post("/api/v1/rollouts", $$"""
        {"task":{"cmd":"true","queue":"{{name}}"},"waves":["100%"]}
        """, 202))["id"]!, static _ => { });

    private async Task MakeKey(string name)
    {
        var made = await Post("/api/v1/keys", $$"""{"name":"k{{name}}","scopes":["read"]}""", 201);
        using var revoked = await service.Http.DeleteAsync($"/api/v1/keys/{made["id"]}");
        Assert.True(revoked.IsSuccessStatusCode, $"{revoked.StatusCode}: {await revoked.Content.ReadAsStringAsync()}");
    }

    private async Task UseNode()
    {
        await Post($"/api/v1/nodes/{node}/resume", null, 200);
        await Post("/api/v1/nodes/tokens", null, 201);
    }

    private async Task RunsOf(string schedule)
    {
        var run = await Post($"/api/v1/schedules/{schedule}/trigger", null, 202);
        Assert.NotNull(run);
        if (schedule == "old")
            await Until.Holds("the schedule's jobs have all their items", Limit, async () =>
                (await Get("/api/v1/jobs?limit=200"))["items"]!.AsArray().All(static job =>
                    (string?)job!["state"] == "succeeded" && (long)job["itemsDone"]! == 200));
    }

    private async Task Ends(string kind, string id, Action<JsonNode> check)
    {
        JsonNode last = JsonValue.Create("")!;
        await Until.Holds($"{kind} {id} has ended", Limit, async () => (string?)(last = await Get($"/api/v1/{kind}s/{id}"))["state"] is not ("running" or "queued"));
        Assert.True((string?)last["state"] == "succeeded", $"{last}\n{service.Log}");
        check(last);
    }

    private async Task<JsonNode> Get(string path)
    {
        using var answer = await service.Http.GetAsync(path);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, $"GET {path} is {(int)answer.StatusCode}: {text}\n{service.Log}");
        return text.StartsWith('{') ? JsonNode.Parse(text)! : JsonValue.Create(text)!;
    }

    private async Task<JsonNode> Post(string path, string? body, int expected)
    {
        using var content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json");
        using var answer = await service.Http.PostAsync(path, content);
        return await Read(answer, $"POST {path}", expected);
    }

    private async Task Put(string path, string body)
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        using var answer = await service.Http.PutAsync(path, content);
        await Read(answer, $"PUT {path}", (int)answer.StatusCode is 201 ? 201 : 200);
    }

    private async Task<JsonNode> Read(HttpResponseMessage answer, string call, int expected)
    {
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True((int)answer.StatusCode == expected, $"{call} is {(int)answer.StatusCode}: {text}\n{service.Log}");
        Done++;
        return text.StartsWith('{') ? JsonNode.Parse(text)! : JsonValue.Create(text)!;
    }

    private async Task Serve()
    {
        try
        {
            while (true)
            {
                var context = await target.GetContextAsync();
                using var reader = new StreamReader(context.Request.InputStream);
                var told = JsonNode.Parse(await reader.ReadToEndAsync())!;
                delivered[$"{context.Request.Url!.AbsolutePath[1..]} {told["id"]} {told["state"]}"] = true;
                context.Response.Close();
            }
        }
        catch (Exception closed) when (closed is HttpListenerException or ObjectDisposedException)
        {
            // The test has ended.
        }
    }
}
