using System.Text;
using System.Text.Json;
using OrleansTasks.Client.Tests.Gateway;

namespace OrleansTasks.Client.Tests.Service;

/// <summary>Who changed what, over HTTP, through the real silo and store.</summary>
public sealed class AuditTests(RunningService service) : IClassFixture<RunningService>
{
    private const string Root = "/api/v1/audit";
    private readonly ServiceClient client = service.Client;

    [Fact]
    public async Task Put_Queue_IsRecordedWithReasonAndActor()
    {
        (string, string)[] said = [("Otask-Reason", "the mail server is down"), ("Otask-Actor", " olga ")];
        await client.Send(HttpMethod.Put, "/api/v1/queues/audited", """{"maxRunning":3}""");
        await client.Send(HttpMethod.Put, "/api/v1/queues/audited", """{"paused":true}""", said);

        var queue = (await client.Get("/api/v1/queues/audited")).Json;
        Assert.Equal("""{"key":null,"name":null,"says":"olga"}""", queue.GetProperty("pausedBy").GetRawText());
        Assert.Equal("the mail server is down", queue.GetProperty("pausedReason").GetString());
        Assert.Equal(JsonValueKind.String, queue.GetProperty("pausedAt").ValueKind);
        var items = await Items("?target=audited");
        Assert.Equal(2, items.Length);
        var newest = items[0];
        Assert.Equal("""{"key":null,"name":null,"says":"olga"}""", newest.GetProperty("actor").GetRawText());
        Assert.Equal(
            ("queue.put", 1, "the mail server is down", "127.0.0.1", "done"),
            (newest.GetProperty("action").GetString(), newest.GetProperty("count").GetInt32(),
                newest.GetProperty("reason").GetString(),
                newest.GetProperty("address").GetString(), newest.GetProperty("outcome").GetString()));
        Assert.False(newest.GetProperty("before").GetProperty("paused").GetBoolean());
        Assert.Equal(
            (true, 3), (newest.GetProperty("after").GetProperty("paused").GetBoolean(),
                newest.GetProperty("after").GetProperty("maxRunning").GetInt32()));
        Assert.Equal(JsonValueKind.Null, items[1].GetProperty("before").ValueKind);
    }

    [Fact]
    public async Task Bulk_IsOneRecord_WithItsFilters_AndADryRunIsNone()
    {
        await client.Send(HttpMethod.Put, "/api/v1/queues/held", """{"paused":true}""");
        for (var i = 0; i < 3; i++)
            await client.Post("/tasks", """{"cmd":"true","queue":"held"}""");

        await client.Post("/api/v1/tasks/cancel?queue=held&dryRun=true");
        Assert.Equal(202, (await client.Post("/api/v1/tasks/cancel?expect=3&queue=held")).Status);
        var id = (await client.Get("/api/v1/tasks?queue=held")).Json.GetProperty("items")[0]
            .GetProperty("id").GetString();
        Assert.Equal(202, (await client.Post(
            $"/api/v1/tasks/{id}/retry", null, ("Otask-Actor", "olga"), ("Otask-Reason", "again"))).Status);

        Assert.Equal(
            [("queue=held", 3)], (await Items("?action=task.cancel&target=queue=held")).Select(
                static item => (item.GetProperty("target").GetString(), item.GetProperty("count").GetInt32())));
        Assert.Equal("task.retry", Assert.Single(await Items($"?target={id}")).GetProperty("action").GetString());
        var timeline = (await client.Get($"/api/v1/tasks/{id}/timeline")).Json.GetProperty("items").EnumerateArray();
        Assert.Equal(
            ["says olga: again"], timeline.Where(static entry => entry.GetProperty("kind").GetString() == "operator")
                .Select(
                    static entry => $"{entry.GetProperty("by")}: {entry.GetProperty("comment")}"));
    }

    [Fact]
    public async Task Job_WorkflowAndSchedule_AreRecorded()
    {
        var job = IdOf(await client.Post(
            "/api/v1/jobs", """{"source":{"stream":{}},"process":{"builtin":"identity"}}"""));
        await client.Post($"/api/v1/jobs/{job}/cancel");
        var workflow = IdOf(await client.Post(
            "/api/v1/workflows", """{"queue":"held-2","nodes":[{"name":"a","task":{"cmd":"sleep 60"}}]}"""));
        await client.Post($"/api/v1/workflows/{workflow}/cancel");
        var schedule = IdOf(await client.Post("/api/v1/schedules", """{"cron":"0 0 1 1 *","task":{"cmd":"true"}}"""));
        await client.Post($"/api/v1/schedules/{schedule}/pause");

        Assert.Equal(["job.cancel"], await Actions(job));
        Assert.Equal(["workflow.cancel"], await Actions(workflow));
        Assert.Equal(["schedule.pause", "schedule.put"], await Actions(schedule));
    }

    [Theory]
    [InlineData("definitions/settings", """{"task":{"cmd":"true"}}""", """{"task":{"cmd":"false"}}""",
        """{"version":1,"kind":"task"}""", """{"version":2,"kind":"task"}""")]
    [InlineData("calendars/settings", """{"days":["2030-12-24"]}""", """{"days":["2030-12-25"]}""",
        """{"version":1}""", """{"version":2}""")]
    [InlineData("notifications/settings",
        """{"on":["failed"],"to":{"slack":"https://chat.example/s3cret"}}""",
        """{"on":["late"],"to":{"slack":"https://chat.example/s3cret"},"match":{"queue":"q*"},"paused":true}""",
        """{"on":["failed"],"channel":"slack"}""",
        """{"on":["late"],"channel":"slack","match":{"queue":"q*"},"paused":true}""")]
    [InlineData("triggers/settings",
        """{"definition":"of/settings","signature":{"kind":"github","secret":"s3cret-s3cret"}}""",
        """{"definition":"of/settings","signature":{"kind":"token","secret":"s3cret-s3cret"},"rate":7,"filter":[{"pointer":"/a","equals":1}]}""",
        """{"definition":"of/settings","signature":"github"}""",
        """{"definition":"of/settings","signature":"token","rate":7,"conditions":1}""")]
    public async Task Put_SettingsThenOthersThenNone_AreRecordedBeforeAndAfterWithoutSecrets(
        string path, string first, string second, string one, string other)
    {
        await client.Send(HttpMethod.Put, "/api/v1/definitions/of/settings", """{"task":{"cmd":"true"}}""");
        foreach (var body in (string[])[first, second])
        {
            var stored = await client.Send(HttpMethod.Put, $"/api/v1/{path}", body);
            Assert.True(stored.Status is 200 or 201, stored.Text);
        }

        Assert.Equal(204, (await client.Send(HttpMethod.Delete, $"/api/v1/{path}")).Status);

        var kind = path.Split('/')[0].TrimEnd('s');
        var items = (await Items("?target=settings")).Where(
            item => item.GetProperty("action").GetString()!.StartsWith(kind, StringComparison.Ordinal));
        Assert.Equal(
            [(other, "null"), (one, other), ("null", one)],
            items.Select(static item =>
                (item.GetProperty("before").GetRawText(), item.GetProperty("after").GetRawText())));
    }

    [Fact]
    public async Task List_PagesFromTheNewest()
    {
        for (var i = 0; i < 3; i++)
            await client.Send(HttpMethod.Put, "/api/v1/queues/paged", "{}");

        var first = (await client.Get($"{Root}?target=paged&limit=2")).Json;
        var cursor = first.GetProperty("nextCursor").GetString();
        var second = (await client.Get($"{Root}?target=paged&limit=2&cursor={cursor}")).Json;

        Assert.Equal(
            [3, 2, 1], first.GetProperty("items").EnumerateArray().Concat(second.GetProperty("items").EnumerateArray())
                .Select(static item => item.GetProperty("after").GetProperty("version").GetInt32()));
        Assert.Equal(JsonValueKind.Null, second.GetProperty("nextCursor").ValueKind);
        (await client.Get($"{Root}?cursor=x")).Problem(400, "bad-cursor");
        (await client.Get($"{Root}?actor=%00")).Problem(400, "bad-parameter");
    }

    [Theory]
    [InlineData("Otask-Reason", 201)]
    [InlineData("Otask-Actor", 101)]
    public async Task Header_ThatIsTooLong_IsRefusedAlsoWhereNothingIsRecorded(string header, int length)
    {
        (string, string)[] said = [(header, new string('a', length))];
        var queue = "/api/v1/queues/" + header.ToLowerInvariant();
        (await client.Send(HttpMethod.Put, queue, "{}", said)).Problem(400, "bad-parameter");
        (await client.Post("/tasks", """{"cmd":"true"}""", said)).Problem(400, "bad-parameter");
        Assert.Equal(404, (await client.Get(queue)).Status);
        Assert.Equal(200, (await client.Send(
            HttpMethod.Put, queue, "{}", (header, new string('a', length - 1)))).Status);
    }

    [Fact]
    public async Task Header_InUtf8_IsCountedByCharacters()
    {
        var reason = string.Concat(Enumerable.Repeat("🙂", 200));
        var request =
            $"DELETE /api/v1/queues/none HTTP/1.1\r\nHost: localhost\r\n"
            + $"Connection: close\r\nOtask-Reason: {reason}\r\n\r\n";
        // Its bytes, as characters.
        Assert.Contains(" 404 ", await client.SendRaw(Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(request))),
            StringComparison.Ordinal);
    }

    private async Task<IEnumerable<string?>> Actions(string target) =>
        (await Items("?target=" + target)).Select(static item => item.GetProperty("action").GetString());

    private async Task<JsonElement[]> Items(string query)
    {
        var answer = await client.Get(Root + query);
        Assert.True(answer.Status == 200, answer.Text);
        return [.. answer.Json.GetProperty("items").EnumerateArray()];
    }

    private static string IdOf(Reply reply)
    {
        Assert.True(reply.Status is 201 or 202, reply.Text);
        return reply.Json.GetProperty("id").GetString()!;
    }
}
