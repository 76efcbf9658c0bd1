using System.Text.Json;
using OrleansTasks.Client.Tests.Gateway;

namespace OrleansTasks.Client.Tests.Service;

/// <summary>
/// Forecasts of queues, why tasks wait, and what nodes report of themselves, over HTTP, through the real silo, store and
/// worker of two slots.
/// </summary>
public sealed class ForecastTests(RunningService service) : IClassFixture<RunningService>
{
    private readonly ServiceClient client = service.Client;

    [Fact]
    public async Task Forecast_OfABatchOnTwoSlots_SaysWhenItIsGone_AndWhyEstimates()
    {
        // Names of any shape that no queue has.
        (await client.Get("/api/v1/queues/no-such/forecast")).Problem(404, "not-found");
        (await client.Get("/api/v1/queues/NO/forecast")).Problem(404, "not-found");
        (await client.Get("/api/v1/queues/default/forecast?x=1")).Problem(400, "bad-parameter");
        const int Count = 120;
        var tasks = string.Join(',', Enumerable.Repeat("""{"cmd":"sleep 0.1","queue":"drain"}""", Count));
        var ids = (await client.Post("/api/v1/tasks/batch", $$"""{"tasks":[{{tasks}}]}""")).Json.GetProperty("ids");
        var last = ids[Count - 1].GetString();

        JsonElement forecast = default;
        await Eventually.True(() =>
            (forecast = client.Get("/api/v1/queues/drain/forecast").Result.Json).GetProperty("estimates").GetProperty("samples").GetInt32() >= 20
            || forecast.GetProperty("backlog").GetInt32() < 30);

        Assert.Equal(
            ["backlog", "trend", "emptyAt", "blackoutUntil", "slots", "meanRunTime", "arrivalsPerSecond", "startsPerSecond", "endsPerSecond", "since", "heldBy", "estimates"],
            forecast.EnumerateObject().Select(static field => field.Name));
        Assert.Equal(("shrinking", 2), (Text(forecast, "trend"), forecast.GetProperty("slots").GetInt32()));
        Assert.Equal("no-free-slot", Text(forecast.GetProperty("heldBy")[0], "code"));
        Assert.InRange(forecast.GetProperty("heldBy").EnumerateArray().Sum(static held => held.GetProperty("share").GetDouble()), 0.999, 1.001);
        Assert.Matches("^[1-9][0-9]*ms$", Text(forecast, "meanRunTime"));
        Assert.True(forecast.GetProperty("emptyAt").GetDateTimeOffset() > forecast.GetProperty("since").GetDateTimeOffset());

        var why = (await client.Get($"/api/v1/tasks/{last}/why?nodes=true")).Json;
        Assert.Equal(
            ["reasons", "estimatedStart", "estimatedRange", "confidence", "since", "position", "nodes"],
            why.EnumerateObject().Select(static field => field.Name));
        Assert.Contains(Text(why, "confidence"), (string[])["rough", "measured"]);
        Assert.Equal(Text(why, "confidence") == "measured", why.GetProperty("estimatedRange").ValueKind == JsonValueKind.Object);
        Assert.InRange(why.GetProperty("position").GetInt32(), 1, Count);
        var node = Assert.Single(why.GetProperty("nodes").EnumerateArray().ToArray());
        Assert.Equal(("true", "null", "null"), (Raw(node, "fits"), Raw(node, "code"), Raw(node, "detail")));

        Assert.Equal("succeeded", Text((await client.Get($"/api/v1/tasks/{last}?wait=60s")).Json, "state"));
        // A forecast is as of the queue's last round, which may be the one before the last task's end.
        JsonElement ended = default;
        await Eventually.True(() =>
            Passed(ended = client.Get("/api/v1/queues/drain/forecast").Result.Json, "endsPerSecond") == Count);
        Assert.Equal(Count, Passed(ended, "arrivalsPerSecond"));
        Assert.Equal((0, "steady"), (ended.GetProperty("backlog").GetInt32(), Text(ended, "trend")));
        Assert.Equal(
            """{"reasons":[],"estimatedStart":null,"estimatedRange":null,"confidence":null,"since":null,"position":null,"nodes":[]}""",
            (await client.Get($"/api/v1/tasks/{last}/why?nodes=true")).Text);
    }

    [Fact]
    public async Task Forecast_OfAQueueWithoutTasks_MakesNoQueue()
    {
        await client.Send(HttpMethod.Put, "/api/v1/queues/settings-alone", "{}");
        var forecast = (await client.Get("/api/v1/queues/settings-alone/forecast")).Json;
        Assert.Equal((0, 2, "null", "null", "[]"), (
            forecast.GetProperty("backlog").GetInt32(), forecast.GetProperty("slots").GetInt32(), Raw(forecast, "trend"),
            Raw(forecast, "emptyAt"), Raw(forecast, "heldBy")));
        Assert.Equal("""{"samples":0,"inRange":null}""", Raw(forecast, "estimates"));
        Assert.Equal(204, (await client.Send(HttpMethod.Delete, "/api/v1/queues/settings-alone")).Status);
        (await client.Get("/api/v1/queues/settings-alone/forecast")).Problem(404, "not-found");
    }

    [Fact]
    public async Task HeldBy_OfAPausedQueue_IsInItsListAndItsForecast()
    {
        await client.Send(HttpMethod.Put, "/api/v1/queues/stopped", """{"paused":true}""");
        var id = Text((await client.Post("/api/v1/tasks", """{"cmd":"true","queue":"stopped"}""")).Json, "id");

        // Gateways read it from the silo once a second.
        await Eventually.True(() => Raw(client.Get("/api/v1/queues/stopped").Result.Json, "heldBy") == """[{"code":"queue-paused","share":1}]""");
        Assert.Equal(
            """[{"code":"queue-paused","share":1}]""", Raw((await client.Get("/api/v1/queues/stopped/forecast")).Json, "heldBy"));
        var why = (await client.Get($"/api/v1/tasks/{id}/why?nodes=true")).Json;
        Assert.Equal(("null", "null", "1"), (Raw(why, "estimatedStart"), Raw(why, "confidence"), Raw(why, "position")));
        Assert.Equal(
            Text((await client.Get($"/api/v1/tasks/{id}")).Json, "queuedAt"), Text(why, "since"));
    }

    [Fact]
    public async Task Why_OfATaskThatNoNodeCanRun_SaysOfEachNodeWhyNot()
    {
        var id = Text((await client.Post("/api/v1/tasks", """{"cmd":"true","queue":"unfit","requires":{"gpu":"a100"}}""")).Json, "id");
        var node = (await client.Get($"/api/v1/tasks/{id}/why?nodes=true")).Json.GetProperty("nodes")[0];
        Assert.Equal(("false", "label"), (Raw(node, "fits"), Text(node, "code")));
        Assert.Contains("gpu=a100", Text(node, "detail"), StringComparison.Ordinal);
        Assert.Equal(
            ["reasons", "estimatedStart", "estimatedRange", "confidence"],
            (await client.Get($"/api/v1/tasks/{id}/why")).Json.EnumerateObject().Select(static field => field.Name));
        (await client.Get($"/api/v1/tasks/{id}/why?nodes=1")).Problem(400, "bad-parameter");
    }

    [Fact]
    public async Task Why_ARunAt_IsExact()
    {
        var task = (await client.Post("/api/v1/tasks", """{"cmd":"true","queue":"later","runAt":"2999-01-01T00:00:00Z"}""")).Json;
        var why = (await client.Get($"/api/v1/tasks/{Text(task, "id")}/why?nodes=true")).Json;
        Assert.Equal(
            ("2999-01-01T00:00:00.000Z", "exact", "null", "null", Text(task, "createdAt")),
            (Text(why, "estimatedStart"), Text(why, "confidence"), Raw(why, "estimatedRange"), Raw(why, "position"), Text(why, "since")));
    }

    [Fact]
    public async Task Demand_OfTasksThatNoNodeCanRun_IsOfAllQueuesTogether()
    {
        (await client.Get("/api/v1/demand?x=1")).Problem(400, "bad-parameter");
        foreach (var queue in (string[])["lacking-one", "lacking-two", "lacking-one"])
            await client.Post("/api/v1/tasks", $$$"""{"cmd":"true","queue":"{{{queue}}}","requires":{"rack":"r7"},"resources":{"license":2,"cpu":0.5}}""");

        JsonElement demand = default;
        await Eventually.True(() =>
        {
            demand = client.Get("/api/v1/demand").Result.Json.GetProperty("items").EnumerateArray()
                .FirstOrDefault(static one => Raw(one, "requires") == """{"rack":"r7"}""");
            return demand.ValueKind == JsonValueKind.Object && demand.GetProperty("count").GetInt32() == 3;
        });

        Assert.Equal(("""{"cpu":0.5,"license":2}""", "null"), (Raw(demand, "resources"), Raw(demand, "nodesNeeded")));
        var now = TimeProvider.System.GetUtcNow();
        Assert.InRange(demand.GetProperty("oldest").GetDateTimeOffset(), now.AddMinutes(-5), now.AddSeconds(5));
    }

    [Fact]
    public async Task Node_TellsOfItsMachineAndItsLosses()
    {
        var node = (await client.Get("/api/v1/nodes")).Json.GetProperty("items")[0];
        Assert.InRange(
            node.GetProperty("startedAt").GetDateTimeOffset(), DateTimeOffset.UnixEpoch, node.GetProperty("lastReportAt").GetDateTimeOffset().AddSeconds(2));
        Assert.True(node.GetProperty("memoryTotalBytes").GetInt64() > node.GetProperty("memoryBytes").GetInt64());
        Assert.True(node.GetProperty("diskFreeBytes").GetInt64() > 0);
        Assert.Equal(0, node.GetProperty("losses").GetInt32());
    }

    [Fact]
    public async Task LogsSearch_FindsLinesOfManyTasks_NewestFirst()
    {
        var first = Text((await client.Post("/api/v1/tasks", """{"cmd":"printf 'a\\nquota one\\n'; echo quota two >&2","queue":"logs","name":"one"}""")).Json, "id");
        await client.Get($"/api/v1/tasks/{first}?wait=30s");
        var second = Text((await client.Post("/api/v1/tasks", """{"cmd":"echo Quota three; echo other","queue":"logs","name":"two"}""")).Json, "id");
        await client.Get($"/api/v1/tasks/{second}?wait=30s");

        Assert.Equal(
            $$$"""{"items":[{"task":"{{{second}}}","stream":"stdout","line":1,"text":"Quota three"},"""
                + $$$"""{"task":"{{{first}}}","stream":"stdout","line":2,"text":"quota one"},"""
                + $$$"""{"task":"{{{first}}}","stream":"stderr","line":1,"text":"quota two"}],"complete":true}""",
            (await client.Get("/api/v1/logs/search?q=quota&ignoreCase=true&queue=logs")).Text);
        var one = (await client.Get("/api/v1/logs/search?q=%5Equota%20t&regex=true&queue=logs&name=one&limit=1")).Json;
        Assert.Equal(("quota two", true), (Text(one.GetProperty("items")[0], "text"), one.GetProperty("complete").GetBoolean()));
        Assert.False((await client.Get("/api/v1/logs/search?q=quota&queue=logs&limit=1")).Json.GetProperty("complete").GetBoolean());
        Assert.Equal("""{"items":[],"complete":true}""", (await client.Get("/api/v1/logs/search?q=quota&queue=none")).Text);
        (await client.Get("/api/v1/logs/search?queue=logs")).Problem(400, "bad-parameter");
        (await client.Get("/api/v1/logs/search?q=%28&regex=true")).Problem(400, "bad-parameter");
        (await client.Get("/api/v1/logs/search?q=x&from=1")).Problem(400, "bad-parameter");
    }

    [Theory]
    [InlineData("30 2 * * *", "Europe/Berlin", "2027-03-20T00:00:00Z", "On 2027-03-28, clocks in Europe/Berlin go forward from 02:00 to 03:00. 02:30 does not exist; the schedule runs at 03:00.")]
    [InlineData("30 2 * * *", "Europe/Berlin", "2027-10-20T00:00:00Z", "On 2027-10-31, clocks in Europe/Berlin go back from 03:00 to 02:00. 02:30 occurs twice; the schedule runs once, at the first.")]
    [InlineData("0 9 * * *", "Europe/Berlin", "2027-03-20T00:00:00Z", "On 2027-03-28, clocks in Europe/Berlin go forward from 02:00 to 03:00.")]
    [InlineData("30 * * * *", "Europe/Berlin", "2027-03-27T18:00:00Z", "On 2027-03-28, clocks in Europe/Berlin go forward from 02:00 to 03:00. Times that do not exist are skipped.")]
    [InlineData("30 * * * *", "Europe/Berlin", "2027-10-30T18:00:00Z", "On 2027-10-31, clocks in Europe/Berlin go back from 03:00 to 02:00. Times that occur twice run twice.")]
    [InlineData("15 2 * * *", "Australia/Lord_Howe", "2027-09-25T00:00:00Z", "On 2027-10-03, clocks in Australia/Lord_Howe go forward from 02:00 to 02:30. 02:15 does not exist; the schedule runs at 02:30.")]
    public async Task Preview_AcrossAChangeOfClocks_SaysWhatItMeans(string cron, string zone, string startAt, string note)
    {
        var preview = (await client.Post("/api/v1/schedules/preview", $$"""{"cron":"{{cron}}","timeZone":"{{zone}}","startAt":"{{startAt}}"}""")).Json;
        Assert.Equal([note], preview.GetProperty("notes").EnumerateArray().Select(static one => one.GetString()!));
    }

    [Theory]
    [InlineData("""{"cron":"30 2 * * *","startAt":"2027-03-20T00:00:00Z"}""")]
    [InlineData("""{"cron":"30 2 * * *","timeZone":"Europe/Berlin","startAt":"2027-05-20T00:00:00Z"}""")]
    [InlineData("""{"every":"1d","startAt":"2027-03-20T00:00:00Z"}""")]
    public async Task Preview_WithoutAChangeOfClocks_HasNoNotes(string body) =>
        Assert.Equal("[]", Raw((await client.Post("/api/v1/schedules/preview", body)).Json, "notes"));

    // How many tasks a rate stands for: a forecast without a backlog ends where its rates end.
    private static double Passed(JsonElement forecast, string rate)
    {
        var end = forecast.GetProperty("emptyAt").GetDateTimeOffset();
        var seconds = (end - forecast.GetProperty("since").GetDateTimeOffset()).TotalSeconds;
        return Math.Round(forecast.GetProperty(rate).GetDouble() * seconds, 1);
    }

    private static string Text(JsonElement json, string field) => json.GetProperty(field).GetString()!;

    private static string Raw(JsonElement json, string field) => json.GetProperty(field).GetRawText();
}
