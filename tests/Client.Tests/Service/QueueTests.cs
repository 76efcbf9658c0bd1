using System.Text.Json;
using OrleansTasks.Client.Tests.Gateway;

namespace OrleansTasks.Client.Tests.Service;

/// <summary>Queues and their limits over HTTP, through the real silo, store and worker.</summary>
public sealed class QueueTests(RunningService service) : IClassFixture<RunningService>
{
    private readonly ServiceClient client = service.Client;

    [Fact]
    public async Task Put_Settings_AreMergedAndVersioned()
    {
        var made = await Put("settings", """{"maxRunning":3,"ratePerSecond":2.5}""");
        Assert.Equal((200, 1, 3), (made.Status, Int(made, "version"), Int(made, "maxRunning")));
        Assert.Equal((2.5, 3), (made.Json.GetProperty("ratePerSecond").GetDouble(), Int(made, "burst")));

        var changed = await Put("settings", """{"paused":true,"burst":7,"maxDepth":10,"weight":100}""");
        Assert.Equal((1, 100), (Int(made, "weight"), Int(changed, "weight")));
        Assert.Equal((2, 3, 7, 10), (Int(changed, "version"), Int(changed, "maxRunning"), Int(changed, "burst"), Int(changed, "maxDepth")));
        Assert.True(changed.Json.GetProperty("paused").GetBoolean());
        var cleared = await Put("settings", """{"paused":null,"maxRunning":null,"maxDepth":null,"ratePerSecond":null,"strategy":null,"weight":null}""");
        Assert.Equal((3, 1), (Int(cleared, "version"), Int(cleared, "weight")));
        foreach (var name in new[] { "maxRunning", "maxDepth", "ratePerSecond", "burst" })
            Assert.Equal(JsonValueKind.Null, cleared.Json.GetProperty(name).ValueKind);
        Assert.Equal(cleared.Text, (await client.Get("/api/v1/queues/settings")).Text);
    }

    [Theory]
    [InlineData("POST", "/api/v1/tasks", """{"cmd":"x","queue":"never","after":["019f5a2c-7d10-7c3a-8b00-0342ab12cd33"]}""", 422)]
    [InlineData("POST", "/api/v1/tasks/batch", """{"tasks":[{"cmd":"x","queue":"never"},{"cmd":"x","queue":"never","after":["019f5a2c-7d10-7c3a-8b00-0342ab12cd33"]}]}""", 422)]
    [InlineData("POST", "/api/v1/tasks?dryRun=true", """{"cmd":"x","queue":"never"}""", 200)]
    [InlineData("POST", "/api/v1/jobs", """{"queue":"never","source":{"file":"/never"},"process":{"builtin":"lines"}}""", 422)]
    [InlineData("POST", "/api/v1/jobs", """{"queue":"never","source":{"range":{"from":0,"to":9}},"process":{"plugin":"never"}}""", 422)]
    [InlineData("POST", "/api/v1/workflows", """{"queue":"never","nodes":[{"name":"a","after":["b"],"task":{"cmd":"x"}}]}""", 422)]
    [InlineData("PUT", "/api/v1/schedules/never", """{"cron":"0 0 30 2 *","queue":"never","task":{"cmd":"x","queue":"never"}}""", 422)]
    [InlineData("POST", "/api/v1/rollouts", """{"task":{"cmd":"x","queue":"never"},"nodes":{"labels":{"never":"x"}}}""", 422)]
    [InlineData("POST", "/api/v1/tasks/cancel?queue=never", null, 202)]
    [InlineData("POST", "/api/v1/tasks/retry?queue=never", null, 202)]
    [InlineData("GET", "/api/v1/queues/never", null, 404)]
    [InlineData("GET", "/api/v1/queues/never/forecast", null, 404)]
    [InlineData("DELETE", "/api/v1/queues/never", null, 404)]
    public async Task Call_RefusedOrWithoutEffect_LeavesNoQueueBehind(string method, string path, string? body, int status)
    {
        foreach (var headers in ((string, string)[][])[[], [("Idempotency-Key", "never")]])
        {
            var reply = await client.Send(new HttpMethod(method), path, body, headers);
            Assert.True(reply.Status == status, $"{reply.Status} {reply.Text}");
        }

        Assert.Equal(404, (await client.Get("/api/v1/queues/never")).Status);
    }

    [Fact]
    public async Task Get_TasksHaveFailed_TellsHowManyInTheLastDay()
    {
        Assert.Equal(0, Int(await Put("fails", "{}"), "failedLastDay"));
        await client.Post("/api/v1/tasks/batch", """{"tasks":[{"cmd":"exit 3","queue":"fails"},{"cmd":"true","queue":"fails"},{"cmd":"exit 1","queue":"fails"}]}""");
        await Eventually.True(() => Int(client.Get("/api/v1/queues/fails").Result, "failedLastDay") == 2);
    }

    [Fact]
    public async Task Put_ForAnotherVersion_IsRefusedAndChangesNothing()
    {
        (await Put("versions", """{"version":1}""")).Problem(409, "version-conflict");
        Assert.Equal(404, (await client.Get("/api/v1/queues/versions")).Status);
        await Put("versions", "{}");
        Assert.Equal(2, Int(await Put("versions", """{"version":1,"paused":true}"""), "version"));

        var refused = (await Put("versions", """{"version":1,"paused":false}""")).Problem(409, "version-conflict");

        Assert.Contains("2", refused.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.True((await client.Get("/api/v1/queues/versions")).Json.GetProperty("paused").GetBoolean());
    }

    [Fact]
    public async Task Put_ManyAtOnceWithoutAVersion_EachIsMade()
    {
        var replies = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Put("busy", "{}")));

        Assert.Equal(Enumerable.Range(1, 20), replies.Select(static reply => reply.Status == 200 ? Int(reply, "version") : 0).Order());
    }

    [Theory]
    [InlineData("""{"maxRunning":0}""", "maxRunning")]
    [InlineData("""{"maxDepth":100000001}""", "maxDepth")]
    [InlineData("""{"ratePerSecond":0.0001}""", "ratePerSecond")]
    [InlineData("""{"ratePerSecond":"5"}""", "ratePerSecond")]
    [InlineData("""{"burst":0}""", "burst")]
    [InlineData("""{"weight":0}""", "weight")]
    [InlineData("""{"weight":101}""", "weight")]
    [InlineData("""{"weight":1.5}""", "weight")]
    [InlineData("""{"paused":1}""", "paused")]
    [InlineData("""{"version":0}""", "version")]
    [InlineData("""{"queues":2}""", "queues")]
    [InlineData("""{"maxrunning":2}""", "maxrunning")]
    [InlineData("""{"depth":2}""", "depth")]
    public async Task Put_ValueThatIsNotAllowed_Is422(string body, string path)
    {
        var problem = (await Put("refused", body)).Problem(422, "invalid-queue");
        Assert.Equal(path, Assert.Single(problem.GetProperty("errors").EnumerateObject()).Name);
        Assert.Equal(404, (await client.Get("/api/v1/queues/refused")).Status);
    }

    [Fact]
    public async Task Pause_HoldsOnceAnswered_AndEnds()
    {
        await Put("paused", """{"paused":true}""");
        var task = (await client.Post("/api/v1/tasks", """{"cmd":"true","queue":"paused"}""")).Json.GetProperty("id").GetString();

        var why = (await client.Get($"/api/v1/tasks/{task}/why")).Json;

        Assert.Equal("queue-paused", why.GetProperty("reasons")[0].GetProperty("code").GetString());
        Assert.Equal("queued", State((await client.Get($"/api/v1/tasks/{task}?wait=200ms")).Json));
        await Put("paused", """{"paused":false}""");
        Assert.Equal("succeeded", State((await client.Get($"/api/v1/tasks/{task}?wait=30s")).Json));
    }

    [Fact]
    public async Task MaxRunning_OneAfterTheOther()
    {
        await Put("single", """{"maxRunning":1}""");
        var file = Path.Combine(service.Folder, "single");
        var cmd = $"test ! -e {file} && touch {file} && sleep 0.05 && rm {file}";
        var tasks = string.Join(',', Enumerable.Repeat($$"""{"cmd":"{{cmd}}","queue":"single"}""", 6));
        var batch = (await client.Post("/api/v1/tasks/batch", $$"""{"tasks":[{{tasks}}]}""")).Json.GetProperty("batch").GetString();
        var done = (await client.Get($"/api/v1/batches/{batch}?wait=60s")).Json;
        Assert.Equal("""{"succeeded":6}""", done.GetProperty("byState").GetRawText());
    }

    [Fact]
    public async Task MaxDepth_Exceeded_RefusesTheWholeRequest()
    {
        await Put("shallow", """{"maxDepth":2,"paused":true}""");
        const string Task = """{"cmd":"true","queue":"shallow"}""";
        Assert.Equal(202, (await client.Post("/api/v1/tasks", Task, ("Idempotency-Key", "shallow"))).Status);

        var refused = await client.Post("/api/v1/tasks/batch", $$"""{"tasks":[{{Task}},{{Task}}]}""");

        refused.Problem(429, "queue-full");
        Assert.InRange(int.Parse(refused.Headers["Retry-After"], System.Globalization.CultureInfo.InvariantCulture), 1, 60);
        Assert.Equal(202, (await client.Post("/api/v1/tasks", Task)).Status);
        (await client.Post("/api/v1/tasks", Task)).Problem(429, "queue-full");
        // A replay creates nothing.
        Assert.Equal(202, (await client.Post("/api/v1/tasks", Task, ("Idempotency-Key", "shallow"))).Status);
        Assert.Equal(2, Int(await client.Get("/api/v1/queues/shallow"), "depth"));
    }

    [Fact]
    public async Task Rate_StartsSoManyASecond()
    {
        await Put("slow", """{"ratePerSecond":10,"burst":1}""");
        var tasks = string.Join(',', Enumerable.Repeat("""{"cmd":"true","queue":"slow"}""", 11));
        var batch = (await client.Post("/api/v1/tasks/batch", $$"""{"tasks":[{{tasks}}]}""")).Json.GetProperty("batch").GetString();
        await client.Get($"/api/v1/batches/{batch}?wait=60s");

        var times = (await client.Get("/api/v1/tasks?queue=slow&limit=100")).Json.GetProperty("items").EnumerateArray()
            .Select(task => task.GetProperty("endedAt").GetDateTimeOffset()).Order().ToArray();

        Assert.Equal(11, times.Length);
        // The first to start and the last are a second apart; ends lag behind starts by what a start takes.
        Assert.InRange((times[^1] - times[0]).TotalSeconds, 0.7, 30);
    }

    [Fact]
    public async Task Delete_NothingIsOpen_TheQueueIsGoneUntilItsNextTask()
    {
        await Put("gone", """{"paused":true}""");
        var task = (await client.Post("/api/v1/tasks", """{"cmd":"true","queue":"gone"}""")).Json.GetProperty("id").GetString();
        (await Delete("gone")).Problem(409, "queue-not-empty");
        await client.Post($"/api/v1/tasks/{task}/cancel");

        Assert.Equal(204, (await Delete("gone")).Status);

        Assert.Equal(404, (await client.Get("/api/v1/queues/gone")).Status);
        Assert.DoesNotContain("\"gone\"", (await client.Get("/api/v1/queues")).Text, StringComparison.Ordinal);
        (await Delete("gone")).Problem(404, "not-found");
        Assert.Equal("cancelled", State((await client.Get($"/api/v1/tasks/{task}")).Json));
        var next = (await client.Post("/api/v1/tasks", """{"cmd":"true","queue":"gone"}""")).Json.GetProperty("id").GetString();
        Assert.Equal("succeeded", State((await client.Get($"/api/v1/tasks/{next}?wait=30s")).Json));
        Assert.Equal((1, false), (Int(await client.Get("/api/v1/queues/gone"), "version"),
            (await client.Get("/api/v1/queues/gone")).Json.GetProperty("paused").GetBoolean()));
    }

    [Fact]
    public async Task Delete_SettingsMadeAfterAnEarlierDeletion_LeavesNothingOfThem()
    {
        await client.Post("/api/v1/tasks", """{"cmd":"true","queue":"twice"}""");
        await Eventually.True(() => Delete("twice").GetAwaiter().GetResult().Status == 204);
        for (var i = 0; i < 3; i++)
            await Put("twice", """{"paused":true}""");
        Assert.Equal(204, (await Delete("twice")).Status);

        var task = (await client.Post("/api/v1/tasks", """{"cmd":"true","queue":"twice"}""")).Json.GetProperty("id").GetString();

        Assert.Equal("succeeded", State((await client.Get($"/api/v1/tasks/{task}?wait=30s")).Json));
    }

    [Fact]
    public async Task Delete_TheDefaultOrAnUnknownQueue_IsRefused()
    {
        (await Delete("default")).Problem(409, "queue-is-default");
        (await Delete("nowhere")).Problem(404, "not-found");
        (await Delete("No-Name")).Problem(404, "not-found");
    }

    private static int Int(Reply reply, string field) => reply.Json.GetProperty(field).GetInt32();

    private static string? State(JsonElement task) => task.GetProperty("state").GetString();

    private Task<Reply> Put(string queue, string body) => client.Send(HttpMethod.Put, $"/api/v1/queues/{queue}", body);

    private Task<Reply> Delete(string queue) => client.Send(HttpMethod.Delete, $"/api/v1/queues/{queue}", null);
}
