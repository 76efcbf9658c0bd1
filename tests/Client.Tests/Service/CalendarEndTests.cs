using Microsoft.Extensions.DependencyInjection;
using OrleansTasks.Client.Tasks;
using OrleansTasks.Client.Tests.Gateway;
using OrleansTasks.Schedules;
using OrleansTasks.Tasks;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Client.Tests.Service;

/// <summary>Times at the ends of the calendar, through the real silo and store: refused, or shown; never a 500.</summary>
public sealed class CalendarEndTests(RunningService service) : IClassFixture<RunningService>
{
    // In UTC they are in the years 10000 and 0.
    private const string Beyond = "9999-12-31T23:59:59-14:00";
    private const string Before = "0001-01-01T00:00:00+14:00";
    private const string Last = "9999-12-31T23:59:59.999Z";
    private const string First = "0001-01-01T00:00:00Z";

    private readonly ServiceClient client = service.Client;

    [Theory]
    [InlineData("POST", "/tasks", """{"cmd":"true","runAt":"TIME"}""", "runAt")]
    [InlineData("POST", "/tasks", """{"cmd":"true","expiresAt":"TIME"}""", "expiresAt")]
    [InlineData("POST", "/api/v1/tasks/batch", """{"tasks":[{"cmd":"true","runAt":"TIME"}]}""", "tasks[0].runAt")]
    [InlineData("POST", "/api/v1/workflows", """{"nodes":[{"name":"a","task":{"cmd":"true","runAt":"TIME"}}]}""", "nodes[0].task.runAt")]
    [InlineData("PUT", "/api/v1/schedules/x", """{"every":"1h","startAt":"TIME","task":{"cmd":"true"}}""", "startAt")]
    [InlineData("PUT", "/api/v1/schedules/x", """{"cron":"* * * * *","endAt":"TIME","task":{"cmd":"true"}}""", "endAt")]
    [InlineData("POST", "/api/v1/schedules/preview", """{"cron":"* * * * *","startAt":"TIME"}""", "startAt")]
    [InlineData("POST", "/api/v1/keys", """{"name":"k","scopes":["read"],"expiresAt":"TIME"}""", "expiresAt")]
    public async Task Body_WithATimeBeyondTheCalendar_Is422(string method, string path, string body, string field)
    {
        foreach (var time in (string[])[Beyond, Before])
        {
            var reply = await client.Send(new HttpMethod(method), path, body.Replace("TIME", time, StringComparison.Ordinal));

            Assert.True(reply.Status == 422, reply.Text);
            Assert.True(reply.Json.GetProperty("errors").TryGetProperty(field, out _), reply.Text);
        }
    }

    [Theory]
    [InlineData("/api/v1/tasks?createdAfter=")]
    [InlineData("/api/v1/tasks?createdBefore=")]
    [InlineData("/api/v1/tasks/summary?endedAfter=")]
    [InlineData("/api/v1/tasks/histogram?createdAfter=")]
    [InlineData("/api/v1/tasks/histogram?createdAfter=0001-01-01T00:00:00Z&createdBefore=")]
    [InlineData("/api/v1/workflows?createdAfter=")]
    [InlineData("/api/v1/jobs?createdBefore=")]
    [InlineData("/api/v1/failures?since=")]
    [InlineData("/api/v1/events/history?from=")]
    [InlineData("/api/v1/events/history?to=")]
    [InlineData("/api/v1/series?names=queue.depth&from=")]
    [InlineData("/api/v1/schedules/upcoming?from=")]
    [InlineData("/api/v1/schedules/upcoming?to=")]
    public async Task Query_WithATimeAtTheCalendarsEnds_IsAnsweredOrRefused(string path)
    {
        foreach (var time in (string[])[Beyond, Before])
            (await client.Get(path + Uri.EscapeDataString(time))).Problem(400, "bad-parameter");
        foreach (var time in (string[])[Last, First])
        {
            var reply = await client.Get(path + time);
            Assert.True(reply.Status is 200 or 400, $"{path}{time}: {reply.Text}");
        }
    }

    [Fact]
    public async Task TaskThatRunsAtTheCalendarsEnd_IsShown_WithWhy()
    {
        var posted = await client.Post("/tasks", $$"""{"cmd":"true","queue":"ends","runAt":"{{Last}}"}""");
        Assert.Equal(202, posted.Status);
        var id = posted.Json.GetProperty("id").GetString();

        var why = await client.Get($"/api/v1/tasks/{id}/why");

        Assert.Equal(Last, why.Json.GetProperty("estimatedStart").GetString());
        Assert.Equal(202, (await client.Post("/tasks", """{"cmd":"true","queue":"ends"}""")).Status);
    }

    [Fact]
    public async Task TaskWithATimeBeyond_ThatAnEarlierVersionAccepted_StopsNothing()
    {
        var grains = service.Services.GetRequiredService<GatewayGrains>();
        var id = service.Services.GetRequiredService<TaskIdSource>().Next();
        var submission = new TaskSubmission(
            id, "old", 5, Timestamps.Latest + 50_400_000, 0, RetryPolicy.Default, [], [], Limits.None,
            System.Text.Encoding.UTF8.GetBytes($$"""{"cmd":"true","queue":"beyond","runAt":"{{Beyond}}"}"""), default);
        var dispatcher = grains.Dispatcher("beyond");
        Assert.Equal(SubmitOutcome.Accepted, (await dispatcher.Submit([new SubmitRequest([submission], null, null)]))[0].Outcome);

        var why = await client.Get($"/api/v1/tasks/{id}/why");

        Assert.Equal((200, Last), (why.Status, why.Json.GetProperty("estimatedStart").GetString()));
        var listed = await client.Get("/api/v1/tasks?queue=beyond");
        Assert.Equal(200, listed.Status);
        Assert.Equal(202, (await client.Post("/tasks", """{"cmd":"true","queue":"beyond"}""")).Status);
        // Its spec is read again.
        Assert.Equal(202, (await client.Post($"/api/v1/tasks/{id}/cancel")).Status);
        Assert.Equal(202, (await client.Post($"/api/v1/tasks/{id}/retry")).Status);
        Assert.Equal("succeeded", (await client.Get($"/api/v1/tasks/{id}?wait=60s")).Json.GetProperty("state").GetString());
    }

    [Theory]
    [InlineData("every", "\"every\":\"1h\"")]
    [InlineData("cron", "\"cron\":\"* * * * *\",\"timeZone\":\"Pacific/Kiritimati\"")]
    public async Task Schedule_AtTheCalendarsEnds_IsKept_AndHidesNoOther(string name, string times)
    {
        var all = new List<string>();
        foreach (var (suffix, bounds) in new[]
        {
            ("late", $"\"startAt\":\"{Last}\""), ("early", $"\"startAt\":\"{First}\",\"endAt\":\"{Last}\""), ("over", $"\"endAt\":\"{First}\""),
        })
        {
            var body = $$"""{{{times}},{{bounds}},"task":{"cmd":"true","queue":"bounds"},"paused":true}""";
            var made = await client.Send(HttpMethod.Put, $"/api/v1/schedules/{name}-{suffix}", body);
            Assert.True(made.Status == 201, made.Text);
            Assert.Equal(200, (await client.Post($"/api/v1/schedules/{name}-{suffix}/resume")).Status);
            all.Add($"{name}-{suffix}");
            Assert.Equal(200, (await client.Post("/api/v1/schedules/preview", body)).Status);
            Assert.Equal(
                422, (await client.Post($"/api/v1/schedules/{name}-{suffix}/backfill", $$"""{"from":"{{First}}","to":"{{Last}}"}""")).Status);
        }

        var listed = await client.Get("/api/v1/schedules?queue=bounds");

        Assert.Superset(all.ToHashSet(), Ids(listed).ToHashSet());
        Assert.Equal(200, (await client.Get($"/api/v1/schedules/upcoming?queue=bounds&from={Last[..^5]}Z")).Status);
        Assert.Equal(200, (await client.Get("/api/v1/schedules/load?queue=bounds")).Status);
        Assert.Equal(202, (await client.Post("/tasks", """{"cmd":"true","queue":"bounds"}""")).Status);
        foreach (var id in all)
            await client.Send(HttpMethod.Delete, $"/api/v1/schedules/{id}");
    }

    [Theory]
    [InlineData("9999-12-31T23:59:59-14:00", "startAt")]
    [InlineData("0001-01-01T00:00:00+14:00", "endAt")]
    public async Task Schedule_ThatAnEarlierVersionAccepted_IsListedWithTheOthers(string time, string field)
    {
        var grains = service.Services.GetRequiredService<GatewayGrains>();
        Assert.Equal(201, (await client.Send(
            HttpMethod.Put, "/api/v1/schedules/good", """{"every":"1h","task":{"cmd":"true","queue":"rows"}}""")).Status);
        foreach (var (id, times) in new[] { ("bad-cron", "\"cron\":\"* * * * *\""), ("bad-every", "\"every\":\"1s\"") })
        {
            var spec = $$"""{{{times}},"{{field}}":"{{time}}","task":{"cmd":"true","queue":"rows"} }""";
            var reply = await grains.Dispatcher("rows").Schedule(
                new ScheduleRequest(ScheduleAction.Put, id) { Spec = System.Text.Encoding.UTF8.GetBytes(spec) });
            Assert.Equal(ScheduleOutcome.Done, reply.Outcome);
        }

        var listed = await client.Get("/api/v1/schedules?queue=rows");

        Assert.Equal(["bad-cron", "bad-every", "good"], Ids(listed));
        Assert.Equal(200, (await client.Get("/api/v1/schedules/upcoming?queue=rows")).Status);
        Assert.Equal(202, (await client.Post("/tasks", """{"cmd":"true","queue":"rows"}""")).Status);
        foreach (var id in (string[])["bad-cron", "bad-every", "good"])
            Assert.Equal(204, (await client.Send(HttpMethod.Delete, $"/api/v1/schedules/{id}")).Status);
    }

    [Fact]
    public async Task KeyThatExpiresAtTheCalendarsEnd_IsListed_AndMakesSessions()
    {
        var made = await client.Post("/api/v1/keys", $$"""{"name":"k","scopes":["read"],"expiresAt":"{{Last}}"}""");
        Assert.Equal(201, made.Status);
        // Of its own, as it keeps the session's cookie.
        using var browser = new ServiceClient(client.Http.BaseAddress!);

        var begun = await browser.Post(
            "/api/v1/session", null, ("Authorization", $"Bearer {made.Json.GetProperty("key").GetString()}"));

        Assert.Equal(201, begun.Status);
        Assert.Equal(200, (await client.Get("/api/v1/keys")).Status);
    }

    private static IEnumerable<string> Ids(Reply list)
    {
        Assert.True(list.Status == 200, list.Text);
        return list.Json.GetProperty("items").EnumerateArray().Select(static one => one.GetProperty("id").GetString()!).ToArray();
    }
}
