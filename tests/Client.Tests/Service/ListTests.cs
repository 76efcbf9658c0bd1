using System.Text.Json;
using OrleansTasks.Client.Tests.Gateway;

namespace OrleansTasks.Client.Tests.Service;

/// <summary>Rows, search, orders and histograms of tasks over HTTP, through the real silo, store and worker.</summary>
public sealed class ListTests(RunningService service) : IClassFixture<RunningService>
{
    private readonly ServiceClient client = service.Client;

    [Fact]
    public async Task List_Rows_HaveADigestInsteadOfSpecAndTail()
    {
        var long300 = new string('x', 300);
        var task = await Ended($$"""{"argv":["/bin/echo","{{long300}}"],"name":"rows","queue":"rows","labels":{"k":"v"},"retry":{"maxAttempts":3} }""");

        var row = Assert.Single(await Items("queue=rows&view=row"));

        Assert.Equal("/bin/echo " + new string('x', 190), Text(row, "command"));
        Assert.Equal(3, row.GetProperty("maxAttempts").GetInt32());
        var attempt = (await client.Get($"/api/v1/tasks/{Text(task, "id")}/attempts")).Json.GetProperty("items")[0];
        Assert.Equal(attempt.GetProperty("maxRssBytes").GetRawText(), row.GetProperty("maxRssBytes").GetRawText());
        Assert.Equal(JsonValueKind.Null, row.GetProperty("batch").ValueKind);
        Assert.False(row.TryGetProperty("spec", out _));
        Assert.False(row.GetProperty("output").TryGetProperty("tail", out _));
        Assert.Equal(301, row.GetProperty("output").GetProperty("stdoutBytes").GetInt32());
        // Everything else is as in the whole task.
        foreach (var field in task.EnumerateObject().Where(static field => field.Name is not ("spec" or "output")))
            Assert.Equal(field.Value.GetRawText(), row.GetProperty(field.Name).GetRawText());
        Assert.Equal(Text(task, "id"), Text(Assert.Single(await Items("queue=rows&view=task")), "id"));
    }

    [Fact]
    public async Task List_Search_FindsNamesAndCommandsInAnyCase()
    {
        var named = Text(await Ended("""{"cmd":"true","name":"Nightly Load","queue":"search"}"""), "id")!;
        var commanded = Text(await Ended("""{"argv":["/bin/echo","nightly","run"],"queue":"search"}"""), "id")!;
        Assert.Equal([commanded, named], await Ids("queue=search&q=NIGHTLY"));
        Assert.Equal([commanded], await Ids("queue=search&q=nightly%20run"));
        Assert.Empty(await Ids("queue=search&q=weekly"));
        Assert.Equal(1, (await client.Get("/api/v1/tasks/summary?queue=search&q=load")).Json.GetProperty("total").GetInt32());
        Assert.Equal("""{"matched":1,"changed":0,"operation":null}""", (await client.Post("/api/v1/tasks/cancel?queue=search&q=load")).Text);
    }

    [Fact]
    public async Task List_Orders_PutTheLargestFirstOverPages()
    {
        var quick = Text(await Ended("""{"cmd":"true","queue":"orders"}"""), "id")!;
        var slow = Text(await Ended("""{"cmd":"sleep 0.3","queue":"orders"}"""), "id")!;
        var last = Text(await Ended("""{"cmd":"true","queue":"orders"}"""), "id")!;
        var waiting = Text((await client.Post("/api/v1/tasks", """{"cmd":"true","queue":"orders","runAt":"2099-01-01T00:00:00Z"}""")).Json, "id")!;

        Assert.Equal([last, slow, quick, waiting], await Ids("queue=orders&sort=-ended"));
        Assert.Equal([waiting, last, slow, quick], await Ids("queue=orders&sort=-created"));
        // On a busy machine, any of them may take longest.
        var took = await TookOf(quick, slow, last);
        Assert.Equal(
            took.Values.OrderDescending(), (await Ids("queue=orders&sort=-took")).Take(3).Select(id => took[id]));
        Assert.InRange(took[slow], 290, double.MaxValue);
        var memory = (await Items("queue=orders&sort=-memory&view=row")).Select(static row => row.GetProperty("maxRssBytes"))
            .Select(static bytes => bytes.ValueKind == JsonValueKind.Null ? -1 : bytes.GetInt64()).ToArray();
        Assert.Equal(memory.OrderDescending(), memory);
        Assert.Equal(
            new[] { last, slow, quick }.Where(id => took[id] >= took[slow]),
            await Ids($"queue=orders&longerThan={took[slow] - 1}ms"));
        var ended = (await client.Get($"/api/v1/tasks/{slow}")).Json.GetProperty("endedAt").GetString();
        Assert.Equal([last], await Ids($"queue=orders&endedAfter={ended}"));
        Assert.Equal([quick], await Ids($"queue=orders&endedBefore={ended}"));

        var shown = new List<string>();
        for (string? cursor = ""; cursor is not null;)
        {
            var page = (await client.Get($"/api/v1/tasks?queue=orders&sort=-ended&limit=1&view=row{(cursor.Length > 0 ? "&cursor=" + cursor : "")}")).Json;
            shown.Add(Text(Assert.Single(page.GetProperty("items").EnumerateArray()), "id")!);
            cursor = Text(page, "nextCursor");
            if (cursor is not null)
                (await client.Get($"/api/v1/tasks?sort=-took&cursor={cursor}")).Problem(400, "bad-cursor");
        }

        Assert.Equal([last, slow, quick, waiting], shown);
    }

    [Fact]
    public async Task List_Batch_HasItsTasks()
    {
        var batch = (await client.Post("/api/v1/tasks/batch", """{"tasks":[{"cmd":"true","queue":"b"},{"cmd":"true","queue":"b"}]}""")).Json;
        var ids = batch.GetProperty("ids").EnumerateArray().Select(static id => id.GetString()!).Reverse();
        Assert.Equal(ids, await Ids($"batch={Text(batch, "batch")}"));
        Assert.All(await Items($"batch={Text(batch, "batch")}&view=row"), row => Assert.Equal(Text(batch, "batch"), Text(row, "batch")));
    }

    [Fact]
    public async Task Histogram_CountsByTimeAndState()
    {
        var first = await Ended("""{"cmd":"true","queue":"histogram"}""");
        await Ended("""{"cmd":"false","queue":"histogram"}""");
        var histogram = (await client.Get("/api/v1/tasks/histogram?queue=histogram&buckets=3")).Json;
        var buckets = histogram.GetProperty("buckets").EnumerateArray().ToArray();
        Assert.Equal(3, buckets.Length);
        Assert.Equal(Text(first, "createdAt"), Text(buckets[0], "from"));
        Assert.Equal(
            [("failed", 1), ("succeeded", 1)],
            buckets.SelectMany(static bucket => bucket.GetProperty("byState").EnumerateObject())
                .Select(static count => (count.Name, count.Value.GetInt32())).Order());
        Assert.Equal("""{"buckets":[],"to":null}""", (await client.Get("/api/v1/tasks/histogram?queue=nobody")).Text);
        Assert.Equal(
            """{"buckets":[{"from":"2026-01-01T00:00:00.000Z","byState":{}},{"from":"2026-01-01T00:00:01.000Z","byState":{}}],"to":"2026-01-01T00:00:02.000Z"}""",
            (await client.Get(
                "/api/v1/tasks/histogram?queue=nobody&buckets=2&createdAfter=2025-12-31T23:59:59.999Z&createdBefore=2026-01-01T00:00:02Z")).Text);
    }

    [Fact]
    public async Task Version_OfATask_RisesFromItsSubmission()
    {
        var accepted = (await client.Post("/api/v1/tasks", """{"cmd":"true","runAt":"2099-01-01T00:00:00Z"}""")).Json;
        var path = $"/api/v1/tasks/{Text(accepted, "id")}";
        var stored = (await client.Get(path)).Json;
        await client.Post(path + "/cancel");
        var cancelled = (await client.Get(path + "?wait=30s")).Json;
        long[] versions = [.. new[] { accepted, stored, cancelled }.Select(static task => task.GetProperty("version").GetInt64())];
        Assert.Equal(0, versions[0]);
        Assert.True(versions[0] < versions[1] && versions[1] < versions[2], string.Join(' ', versions));
    }

    [Fact]
    public async Task Lists_OfLargeItems_EndEarly_AndTheirCursorsMissNothing()
    {
        await client.Send(HttpMethod.Put, "/api/v1/queues/large", """{"paused":true}""");
        var task = $$"""{"queue":"large","argv":["true",{{string.Join(',', Enumerable.Repeat($"\"{new string('x', 130_000)}\"", 6))}}]}""";
        var made = new Dictionary<string, List<string>>();
        foreach (var (kind, body) in new[]
            { ("tasks", task), ("rollouts", $$"""{"task":{{task}}}"""), ("schedules", $$"""{"every":"366d","task":{{task}}}""") })
        {
            made[kind] = [];
            for (var i = 0; i < 9; i++)
                made[kind].Add(Text((await client.Post($"/api/v1/{kind}", body)).Json, "id")!);
        }

        foreach (var (path, ids) in new[]
        {
            ("tasks?queue=large&createdBefore=2199-01-01T00:00:00Z", made["tasks"]), ("tasks?sort=-took&queue=large", made["tasks"]),
            ("rollouts?", made["rollouts"]), ("schedules?queue=large", made["schedules"]),
        })
        {
            var (listed, pages, cursor) = (new List<string>(), 0, "");
            do
            {
                var page = (await client.Get($"/api/v1/{path}&limit=1000{cursor}")).Json;
                listed.AddRange(page.GetProperty("items").EnumerateArray().Select(static one => Text(one, "id")!));
                Assert.True(page.GetRawText().Length < 6 << 20);
                cursor = Text(page, "nextCursor") is { } next ? "&cursor=" + Uri.EscapeDataString(next) : "";
                pages++;
            }
            while (cursor.Length > 0);

            Assert.Equal(ids.Order(), listed.Order());
            Assert.InRange(pages, 2, 4);
        }
    }

    [Theory]
    [InlineData("tasks?view=rows")]
    [InlineData("tasks?sort=created")]
    [InlineData("tasks?q=")]
    [InlineData("tasks?q=%0A")]
    [InlineData("tasks?batch=x")]
    [InlineData("tasks?longerThan=367d")]
    [InlineData("tasks?endedAfter=now")]
    [InlineData("tasks/histogram?buckets=0")]
    [InlineData("tasks/histogram?buckets=201")]
    [InlineData("tasks/histogram?limit=1")]
    [InlineData("tasks/summary?sort=-took")]
    [InlineData("jobs?reason=exit")]
    [InlineData("jobs?q=x")]
    public async Task Lists_ValueThatIsNotAllowed_IsRefused(string query) =>
        (await client.Get("/api/v1/" + query)).Problem(400, "bad-parameter");

    private static string? Text(JsonElement json, string field) => json.GetProperty(field).GetString();

    private async Task<JsonElement[]> Items(string query) =>
        [.. (await client.Get("/api/v1/tasks?" + query)).Json.GetProperty("items").EnumerateArray()];

    private async Task<string[]> Ids(string query) => [.. (await Items(query)).Select(static task => Text(task, "id")!)];

    /// <summary>How long the last attempt of each task took, in milliseconds.</summary>
    private async Task<Dictionary<string, double>> TookOf(params string[] ids)
    {
        var took = new Dictionary<string, double>();
        foreach (var id in ids)
        {
            var task = (await client.Get($"/api/v1/tasks/{id}")).Json;
            took[id] = (task.GetProperty("endedAt").GetDateTime() - task.GetProperty("startedAt").GetDateTime()).TotalMilliseconds;
        }

        return took;
    }

    private async Task<JsonElement> Ended(string spec)
    {
        var id = Text((await client.Post("/api/v1/tasks", spec)).Json, "id");
        return (await client.Get($"/api/v1/tasks/{id}?wait=30s")).Json;
    }
}
