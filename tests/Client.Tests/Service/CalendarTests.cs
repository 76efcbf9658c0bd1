using System.Globalization;
using System.Text.Json;
using OrleansTasks.Client.Tests.Gateway;

namespace OrleansTasks.Client.Tests.Service;

/// <summary>Calendars and blackouts over HTTP, through the real silo, store and worker.</summary>
public sealed class CalendarTests(RunningService service) : IClassFixture<RunningService>
{
    private const string Root = "/api/v1/calendars";
    private readonly ServiceClient client = service.Client;

    [Fact]
    public async Task Put_IsVersioned_ShownAndListed()
    {
        var made = await Put("shown", """{"days":["2098-12-24"],"rules":["FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29"],"zone":"Europe/Berlin"}""");
        Assert.Equal((201, 1, "Europe/Berlin"), (made.Status, Int(made, "version"), made.Json.GetProperty("zone").GetString()));
        Assert.Equal($"{Root}/shown", made.Headers["Location"]);
        Assert.Equal("2028-02-28T23:00:00.000Z", made.Json.GetProperty("next")[0].GetProperty("from").GetString());
        Assert.Equal("2028-02-29T23:00:00.000Z", made.Json.GetProperty("next")[0].GetProperty("to").GetString());
        Assert.Equal(made.Text, (await client.Get($"{Root}/shown")).Text);

        var changed = await Put("shown", """{"days":["2098-12-24"],"version":1}""");
        Assert.Equal((200, 2, "UTC"), (changed.Status, Int(changed, "version"), changed.Json.GetProperty("zone").GetString()));
        (await Put("shown", """{"version":1}""")).Problem(409, "version-conflict");
        Assert.Contains(
            (await client.Get(Root)).Json.GetProperty("items").EnumerateArray(), static one => one.GetProperty("name").GetString() == "shown");
        Assert.Contains(
            (await client.Get("/api/v1/audit?action=calendar.put")).Json.GetProperty("items").EnumerateArray(),
            static one => one.GetProperty("target").GetString() == "shown");
        Assert.Equal(204, (await client.Send(HttpMethod.Delete, $"{Root}/shown")).Status);
        (await client.Get($"{Root}/shown")).Problem(404, "not-found");
        (await client.Send(HttpMethod.Delete, $"{Root}/shown")).Problem(404, "not-found");
    }

    [Theory]
    [InlineData("""{"days":["24.12.2026"]}""", "days[0]")]
    [InlineData("""{"days":["2026-02-29"]}""", "days[0]")]
    [InlineData("""{"zone":"Middle/Earth"}""", "zone")]
    [InlineData("""{"rule":["FREQ=DAILY"]}""", "did you mean 'rules'")]
    [InlineData("""{"rules":["FREQ=WEEKLY;BYDAY=SA","FREQ=SECONDLY"]}""", "rules[1]")]
    [InlineData("""{"ics":"BEGIN:VCALENDAR"}""", "ics")]
    public async Task Put_AFault_IsNamed_AndNothingIsStored(string body, string named)
    {
        Assert.Contains(named, (await Put("faulty", body)).Problem(422, "invalid-calendar").ToString(), StringComparison.Ordinal);
        Assert.Equal(404, (await client.Get($"{Root}/faulty")).Status);
    }

    [Fact]
    public async Task Schedule_WithCalendars_ShowsWhatFallsOut_AndKeepsThem()
    {
        await Put("christmas", """{"days":["2098-12-24","2098-12-25"]}""");
        await Put("weekdays", """{"days":["2098-12-23","2098-12-24","2098-12-26"]}""");
        // Escapes in the names of fields change nothing.
        const string Body = """
            {"cron":"0 6 * * *","startAt":"2098-12-23T00:00:00Z","\u006fnly":["weekdays"],"\u0065xcept":["christmas"],
            "task":{"cmd":"true","queue":"calendars"}}
            """;
        Assert.Equal(
            ["2098-12-23T06:00:00.000Z", "2098-12-26T06:00:00.000Z"],
            (await Schedule("far", Body)).Json.GetProperty("nextRuns").EnumerateArray().Select(static one => one.GetString()));
        Assert.Contains(
            "leaves no time", (await Schedule("never", Body.Replace("-23T", "-27T", StringComparison.Ordinal))).Problem(422, "invalid-schedule").ToString(),
            StringComparison.Ordinal);
        await client.Send(HttpMethod.Delete, "/api/v1/schedules/far");

        var day = TimeProvider.System.GetUtcNow().UtcDateTime.Date.AddDays(30);
        await Put("off", $$"""{"days":["{{Day(day.AddDays(1))}}","{{Day(day.AddDays(2))}}"]}""");
        var near = $$$"""{"cron":"0 6 * * *","startAt":"{{{Day(day)}}}T00:00:00Z","except":["off"],"task":{"cmd":"true","queue":"calendars"}}""";
        var made = await Schedule("near", near);
        Assert.Equal(201, made.Status);
        Assert.Equal(["off"], made.Json.GetProperty("except").EnumerateArray().Select(static one => one.GetString()));
        Assert.Equal(
            [$"{Day(day)}T06:00:00.000Z", $"{Day(day.AddDays(3))}T06:00:00.000Z"],
            made.Json.GetProperty("nextRuns").EnumerateArray().Take(2).Select(static one => one.GetString()));
        var preview = await client.Post("/api/v1/schedules/preview", near);
        Assert.Equal(
            [$"{Day(day.AddDays(1))}T06:00:00.000Z off", $"{Day(day.AddDays(2))}T06:00:00.000Z off"],
            preview.Json.GetProperty("leftOut").EnumerateArray().Select(static one => $"{one.GetProperty("at").GetString()} {one.GetProperty("calendar").GetString()}"));
        var upcoming = await client.Get($"/api/v1/schedules/upcoming?queue=calendars&from={Day(day)}T00:00:00Z&to={Day(day.AddDays(4))}T00:00:00Z");
        Assert.Equal(2, upcoming.Json.GetProperty("items").GetArrayLength());

        Assert.Contains("schedule near", (await client.Send(HttpMethod.Delete, $"{Root}/off")).Problem(409, "calendar-in-use").ToString(), StringComparison.Ordinal);
        await Put("off", $$"""{"days":["{{Day(day)}}"]}""");
        Assert.Equal(
            $"{Day(day.AddDays(1))}T06:00:00.000Z", (await client.Get("/api/v1/schedules/near")).Json.GetProperty("nextRuns")[0].GetString());
        Assert.Contains(
            "except[0]", (await Schedule("none", near.Replace("\"off\"", "\"of\"", StringComparison.Ordinal))).Problem(422, "invalid-schedule").ToString(), StringComparison.Ordinal);
        await client.Send(HttpMethod.Delete, "/api/v1/schedules/near");
        Assert.Equal(204, (await client.Send(HttpMethod.Delete, $"{Root}/off")).Status);
    }

    [Fact]
    public async Task Blackout_HoldsTasks_SaysUntilWhen_AndFollowsItsCalendar()
    {
        const string Queue = "/api/v1/queues/dark";
        var today = TimeProvider.System.GetUtcNow().UtcDateTime.Date;
        await Put("dark", $$"""{"days":["{{Day(today)}}","{{Day(today.AddDays(1))}}"]}""");
        (await client.Send(HttpMethod.Put, Queue, """{"blackouts":[{"calendar":"darker"}]}""")).Problem(422, "invalid-queue");
        (await client.Send(HttpMethod.Put, Queue, """{"blackouts":[{"calendar":"dark","from":"2098-01-01T00:00:00Z"}]}""")).Problem(422, "invalid-queue");
        var put = await client.Send(HttpMethod.Put, Queue, """{"blackouts":[{"calendar":"dark"},{"from":"2098-01-01T00:00:00Z","to":"2098-01-02T00:00:00Z"}]}""");
        Assert.Equal(
            """[{"calendar":"dark"},{"from":"2098-01-01T00:00:00.000Z","to":"2098-01-02T00:00:00.000Z"}]""", put.Json.GetProperty("blackouts").GetRawText());

        var task = (await client.Post("/api/v1/tasks", """{"cmd":"true","queue":"dark"}""")).Json.GetProperty("id").GetString();
        await Eventually.True(() => client.Get($"/api/v1/tasks/{task}").Result.Json.GetProperty("state").GetString() == "queued");
        var until = $"{Day(today.AddDays(2))}T00:00:00.000Z";
        var why = (await client.Get($"/api/v1/tasks/{task}/why")).Json.GetProperty("reasons")[0];
        Assert.Equal(("blackout", until), (why.GetProperty("code").GetString(), why.GetProperty("until").GetString()));
        Assert.Equal(until, (await client.Get($"{Queue}/forecast")).Json.GetProperty("blackoutUntil").GetString());
        Assert.Contains("queue dark", (await client.Send(HttpMethod.Delete, $"{Root}/dark")).Problem(409, "calendar-in-use").ToString(), StringComparison.Ordinal);

        await Put("dark", """{"days":["2098-01-01"]}""");

        Assert.Equal("succeeded", (await client.Get($"/api/v1/tasks/{task}?wait=30s")).Json.GetProperty("state").GetString());
        var cleared = await client.Send(HttpMethod.Put, Queue, """{"blackouts":null}""");
        Assert.Equal("[]", cleared.Json.GetProperty("blackouts").GetRawText());
        Assert.Equal(204, (await client.Send(HttpMethod.Delete, $"{Root}/dark")).Status);
    }

    [Fact]
    public async Task Schedule_OnBlackoutSkip_RecordsItsTimesAsSkipped()
    {
        await client.Send(HttpMethod.Put, "/api/v1/queues/still", """{"blackouts":[{"from":"2000-01-01T00:00:00Z","to":"2098-01-01T00:00:00Z"}]}""");
        await Schedule("skips", """{"every":"1s","onBlackout":"skip","task":{"cmd":"true","queue":"still"}}""");

        var first = default(JsonElement);
        await Eventually.True(() => (first = client.Get("/api/v1/schedules/skips/occurrences").Result.Json.GetProperty("items")
            .EnumerateArray().FirstOrDefault()).ValueKind == JsonValueKind.Object);
        Assert.Equal(("skipped", "blackout"), (first.GetProperty("outcome").GetString(), first.GetProperty("reason").GetString()));
        await client.Send(HttpMethod.Delete, "/api/v1/schedules/skips");
    }

    private Task<Reply> Put(string name, string body) => client.Send(HttpMethod.Put, $"{Root}/{name}", body);

    private Task<Reply> Schedule(string id, string body) => client.Send(HttpMethod.Put, $"/api/v1/schedules/{id}", body);

    private static string Day(DateTime day) => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    private static int Int(Reply reply, string name) => reply.Json.GetProperty(name).GetInt32();
}
