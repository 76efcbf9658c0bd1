using System.Globalization;
using System.Text.Json;
using OrleansTasks.Client.Tests.Gateway;

namespace OrleansTasks.Client.Tests.Service;

/// <summary>Schedules over HTTP, through the real silo, store and worker.</summary>
public sealed class ScheduleTests(RunningService service) : IClassFixture<RunningService>
{
    private const string Root = "/api/v1/schedules";
    private const string Rare = """{"every":"366d","task":{"cmd":"true"}}""";
    private readonly ServiceClient client = service.Client;

    [Fact]
    public async Task Post_IsShownWithItsNextTimes()
    {
        var made = await client.Send(HttpMethod.Post, Root, """
            {"cron":"30 2 * * *","timeZone":"Europe/Berlin","task":{"cmd":"true","queue":"nightly","secretEnv":{"S":"hidden"}},"jitter":"5s"}
            """);
        Assert.Equal(201, made.Status);
        var id = made.Json.GetProperty("id").GetString();
        Assert.Equal($"{Root}/{id}", made.Headers["Location"]);
        Assert.Equal(
            ("nightly", 1, "30 2 * * *", "Europe/Berlin", "skip", "1m", "none", 100, "5s"),
            (Text(made, "queue"), Int(made, "version"), Text(made, "cron"), Text(made, "timeZone"), Text(made, "overlap"),
                Text(made, "startWithin"), Text(made, "catchUp"), Int(made, "catchUpLimit"), Text(made, "jitter")));
        Assert.Equal(5, made.Json.GetProperty("nextRuns").GetArrayLength());
        Assert.Equal(JsonValueKind.Null, made.Json.GetProperty("lastRun").ValueKind);
        Assert.DoesNotContain("hidden", made.Text, StringComparison.Ordinal);
        Assert.Equal(made.Text, (await client.Get($"{Root}/{id}")).Text);
        Assert.Equal(204, (await client.Send(HttpMethod.Delete, $"{Root}/{id}")).Status);
        Assert.Equal(404, (await client.Get($"{Root}/{id}")).Status);
    }

    [Fact]
    public async Task Upcoming_ShowsTheTimesOfAllInOrder()
    {
        await Put("late", """{"cron":"45 12 * * *","timeZone":"Europe/Berlin","task":{"cmd":"true","queue":"ahead"}}""");
        await Put("early", """{"cron":"15 0,12 * * *","timeZone":"Europe/Berlin","task":{"cmd":"true","queue":"ahead"}}""");
        await Put("still", """{"cron":"* * * * *","paused":true,"task":{"cmd":"true","queue":"ahead"}}""");

        string[] expected =
        [
            "2098-07-01T22:15:00.000Z early", "2098-07-02T10:15:00.000Z early", "2098-07-02T10:45:00.000Z late",
        ];
        const string Day = "?queue=ahead&from=2098-07-01T22:00:00Z";
        Assert.Equal(expected, (await Upcoming(Day)).Times);
        Assert.Equal(expected[..2], (await Upcoming(Day + "&to=2098-07-02T10:45:00Z")).Times);
        // The next 24 hours.
        await Put("tomorrow", """{"cron":"15 0,12 * * *","task":{"cmd":"true","queue":"tomorrow"}}""");
        Assert.Equal(2, (await Upcoming("?queue=tomorrow")).Times.Length);
        Assert.Equal((true, 0), ((await Upcoming("?queue=nobody")).IsComplete, (await Upcoming("?queue=nobody")).Times.Length));
        (await client.Get($"{Root}/upcoming?to=2020-01-01T00:00:00Z")).Problem(400, "bad-parameter");
    }

    [Fact]
    public async Task Load_SaysWhatIsNeeded_FromWhatRunsTook()
    {
        const string Rest = "\"every\":\"10m\",\"overlap\":\"allow\"";
        const string Task = """{"cmd":"sleep 0.3","queue":"load"}""";
        await Put("heavy", $$"""{{{Rest}},"task":{{Task}} }""");
        const string Nodes = $$"""[{"name":"a","task":{{Task}} },{"name":"b","task":{{Task}} }]""";
        await Put("heavy-flow", $$"""{{{Rest}},"workflow":{"queue":"load","nodes":{{Nodes}} } }""");
        var (unknown, none) = await Load("?queue=load");
        Assert.Equal((2, "15m", 96, 0), (unknown, Text(none, "step"), Needed(none).Length, Needed(none).Sum()));
        foreach (var id in (string[])["heavy", "heavy-flow"])
        {
            await client.Send(HttpMethod.Post, $"{Root}/{id}/trigger");
            await Eventually.True(() =>
                Occurrences(id).Result.Single().GetProperty("state").GetString() == "succeeded");
        }

        (unknown, var week) = await Load("?queue=load&hours=168");
        Assert.Equal((0, "1h", 168), (unknown, Text(week, "step"), Needed(week).Length));
        // Each ten minutes one task and two nodes, of 0.3 s and, on a busy machine, more.
        Assert.InRange(Needed(week).Average(), 0.9 / 600 * 0.98, 10 * 0.9 / 600);
        Assert.True(Int(week, "slots") > 0);
        (await client.Get($"{Root}/load?hours=169")).Problem(400, "bad-parameter");

        static double[] Needed(Reply reply) =>
            [.. reply.Json.GetProperty("slotsNeeded").EnumerateArray().Select(static number => number.GetDouble())];

        async Task<(int Unknown, Reply Reply)> Load(string query)
        {
            var reply = await client.Get($"{Root}/load{query}");
            Assert.True(reply.Json.GetProperty("complete").GetBoolean());
            return (Int(reply, "unknown"), reply);
        }
    }

    [Fact]
    public async Task Time_Comes_RunsATaskThatKnowsItsSchedule()
    {
        await Put("soon", """{"every":"1s","overlap":"allow","task":{"cmd":"echo $SCHEDULE_ID $SCHEDULE_TIME $S","secretEnv":{"S":"known"}}}""");
        var first = default(JsonElement);
        await Eventually.True(() => (first = Occurrences("soon", "?outcome=started").Result.LastOrDefault()) is
        { ValueKind: JsonValueKind.Object } found && found.GetProperty("state").GetString() == "succeeded");
        await client.Send(HttpMethod.Delete, $"{Root}/soon");

        var id = first.GetProperty("task").GetString();
        var output = await client.Get($"/api/v1/tasks/{id}/output/stdout");
        Assert.Equal($"soon {first.GetProperty("time").GetString()} known\n", output.Text);
        var listed = (await client.Get("/api/v1/tasks?label=schedule%3Dsoon")).Json.GetProperty("items");
        Assert.Contains(listed.EnumerateArray(), task => task.GetProperty("id").GetString() == id);
    }

    [Fact]
    public async Task Workflow_IsStartedWithItsSchedule_AndShown()
    {
        var body = """
            {"every":"366d","workflow":{"name":"w","queue":"flow","nodes":[
              {"name":"b","task":{"cmd":"echo $SCHEDULE_ID $S","secretEnv":{"S":"known"}},"after":["a"]},{"name":"a","task":{"cmd":"true"}}]}}
            """;
        var made = await Put("flow", body);
        Assert.Equal((201, "flow", JsonValueKind.Null), (made.Status, Text(made, "queue"), made.Json.GetProperty("task").ValueKind));
        Assert.Equal(2, made.Json.GetProperty("workflow").GetProperty("nodes").GetArrayLength());
        Assert.DoesNotContain("known", made.Text, StringComparison.Ordinal);
        var moved = (await Put("flow", Rare)).Problem(422, "invalid-schedule");
        Assert.Contains("task.queue", moved.ToString(), StringComparison.Ordinal);

        var key = ("Idempotency-Key", "workflow-once");
        var first = await client.Send(HttpMethod.Post, $"{Root}/flow/trigger", null, key);
        var second = await client.Send(HttpMethod.Post, $"{Root}/flow/trigger", null, key);
        var id = Text(first, "id");
        Assert.Equal((202, $"/api/v1/workflows/{id}", id), (first.Status, first.Headers["Location"], Text(second, "id")));
        Assert.Equal("true", second.Headers["Idempotency-Replayed"]);
        var ended = await client.Get($"/api/v1/workflows/{id}?wait=60s");
        Assert.Equal(("succeeded", """{"schedule":"flow"}"""), (Text(ended, "state"), ended.Json.GetProperty("labels").ToString()));
        var found = Assert.Single(await Occurrences("flow"));
        Assert.Equal((id, "succeeded"), (found.GetProperty("workflow").GetString(), found.GetProperty("state").GetString()));
        Assert.Equal(JsonValueKind.Null, found.GetProperty("task").ValueKind);

        var nodes = (await client.Get($"/api/v1/workflows/{id}/nodes")).Json.GetProperty("items");
        var output = await client.Get($"/api/v1/tasks/{nodes[0].GetProperty("task").GetString()}/output/stdout");
        Assert.Equal("flow known\n", output.Text);
        var listed = (await client.Get("/api/v1/workflows?label=schedule%3Dflow")).Json.GetProperty("items");
        Assert.Equal(id, Assert.Single(listed.EnumerateArray()).GetProperty("id").GetString());
        await client.Send(HttpMethod.Delete, $"{Root}/flow");
    }

    [Fact]
    public async Task Job_IsStartedWithItsSchedule_AndShown()
    {
        var body = """
            {"every":"366d","job":{"queue":"sums","source":{"command":{"cmd":"echo source $SCHEDULE_ID"}},
             "process":{"command":{"cmd":"while read -r line; do echo $line, item $SCHEDULE_ID $SCHEDULE_TIME; done"}},
             "aggregate":[{"op":"collect"},{"as":"all","op":"reduceCommand",
              "command":{"cmd":"cat > /dev/null; echo $SCHEDULE_ID"}}]}}
            """;
        var made = await Put("sums", body);
        Assert.Equal((201, "sums"), (made.Status, Text(made, "queue")));
        Assert.Equal(
            (JsonValueKind.Null, JsonValueKind.Null),
            (made.Json.GetProperty("task").ValueKind, made.Json.GetProperty("workflow").ValueKind));
        Assert.Equal(4, made.Json.GetProperty("job").EnumerateObject().Count());
        var moved = (await Put("sums", Rare)).Problem(422, "invalid-schedule");
        Assert.Contains("task.queue", moved.ToString(), StringComparison.Ordinal);
        var stream = (await Put("no", """{"every":"1h","job":{"source":{"stream":{}},"process":{"builtin":"square"}}}"""))
            .Problem(422, "invalid-schedule");
        Assert.Contains("job.source.stream", stream.ToString(), StringComparison.Ordinal);

        var key = ("Idempotency-Key", "job-once");
        var first = await client.Send(HttpMethod.Post, $"{Root}/sums/trigger", null, key);
        var second = await client.Send(HttpMethod.Post, $"{Root}/sums/trigger", null, key);
        var id = Text(first, "id");
        Assert.Equal((202, $"/api/v1/jobs/{id}", id), (first.Status, first.Headers["Location"], Text(second, "id")));
        Assert.Equal("true", second.Headers["Idempotency-Replayed"]);
        var ended = await client.Get($"/api/v1/jobs/{id}?wait=60s");
        Assert.Equal("succeeded", Text(ended, "state"));
        var found = Assert.Single(await Occurrences("sums"));
        Assert.Equal((id, "succeeded"), (found.GetProperty("job").GetString(), found.GetProperty("state").GetString()));
        Assert.Equal(
            (JsonValueKind.Null, JsonValueKind.Null),
            (found.GetProperty("task").ValueKind, found.GetProperty("workflow").ValueKind));

        var time = found.GetProperty("time").GetString();
        var lines = (await client.Get($"/api/v1/jobs/{id}/results")).Text;
        Assert.Equal($"\"source sums, item sums {time}\"\n", lines);
        Assert.Equal("""["sums"]""", ended.Json.GetProperty("aggregate").GetProperty("all").ToString());
        var listed = (await client.Get("/api/v1/jobs?label=schedule%3Dsums")).Json.GetProperty("items");
        Assert.Equal(id, Assert.Single(listed.EnumerateArray()).GetProperty("id").GetString());
        await client.Send(HttpMethod.Delete, $"{Root}/sums");
    }

    [Fact]
    public async Task Put_ReplacesAll_AndChecksVersionAndQueue()
    {
        Assert.Equal(201, (await Put("put", """{"every":"366d","overlap":"allow","task":{"cmd":"true","queue":"here"}}""")).Status);
        var replaced = await Put("put", """{"every":"300d","task":{"cmd":"false","queue":"here"},"version":1}""");
        Assert.Equal((200, 2, "skip", "300d"), (replaced.Status, Int(replaced, "version"), Text(replaced, "overlap"), Text(replaced, "every")));
        (await Put("put", """{"every":"300d","task":{"cmd":"true","queue":"here"},"version":1}""")).Problem(409, "version-conflict");
        (await Put("none", """{"every":"300d","task":{"cmd":"true"},"version":1}""")).Problem(409, "version-conflict");
        var moved = (await Put("put", """{"every":"300d","task":{"cmd":"true"}}""")).Problem(422, "invalid-schedule");
        Assert.Contains("task.queue", moved.ToString(), StringComparison.Ordinal);
        (await Put("upcoming", Rare)).Problem(422, "invalid-schedule");
        (await Put("UPPER", Rare)).Problem(422, "invalid-schedule");
        Assert.Equal(204, (await client.Send(HttpMethod.Delete, $"{Root}/put")).Status);
    }

    [Fact]
    public async Task Queue_WithASchedule_IsNotDeleted()
    {
        await Put("keeper", """{"every":"366d","task":{"cmd":"true","queue":"kept"}}""");
        (await client.Send(HttpMethod.Delete, "/api/v1/queues/kept")).Problem(409, "queue-not-empty");
        await client.Send(HttpMethod.Delete, $"{Root}/keeper");
        Assert.Equal(204, (await client.Send(HttpMethod.Delete, "/api/v1/queues/kept")).Status);
    }

    [Fact]
    public async Task Trigger_WithAKey_StartsOneTask()
    {
        await Put("trig", """{"every":"366d","paused":true,"task":{"cmd":"true"}}""");
        await Put("other", """{"every":"366d","paused":true,"task":{"cmd":"true"}}""");
        var key = ("Idempotency-Key", "trigger-once");
        var first = await client.Send(HttpMethod.Post, $"{Root}/trig/trigger", null, key);
        var second = await client.Send(HttpMethod.Post, $"{Root}/trig/trigger", null, key);
        // The key counts for the schedule that the path names.
        var other = await client.Send(HttpMethod.Post, $"{Root}/other/trigger", null, key);
        Assert.Equal((202, 202, 202), (first.Status, second.Status, other.Status));
        Assert.Equal(Text(first, "id"), Text(second, "id"));
        Assert.Equal("true", second.Headers["Idempotency-Replayed"]);
        Assert.NotEqual(Text(first, "id"), Text(other, "id"));
        var found = Assert.Single(await Occurrences("trig"));
        Assert.Equal(("trigger", Text(first, "id")), (found.GetProperty("kind").GetString(), found.GetProperty("task").GetString()));
    }

    [Theory]
    [InlineData("""{"every":"1d","endAt":"2020-01-01T00:00:00Z","task":{"cmd":"x"}}""", "endAt")]
    [InlineData("""{"cron":"0 0 1 1 *","startAt":"2030-01-02T00:00:00Z","endAt":"2030-06-01T00:00:00Z","task":{"cmd":"x"}}""", "endAt")]
    [InlineData("""{"cron":"0 3 * * *","startAt":"9998-12-30T00:00:00Z","task":{"cmd":"x"}}""", "cron")]
    [InlineData("""{"every":"1h","startAt":"2030-01-01T00:00:00Z","endAt":"2030-01-01T00:00:00Z","task":{"cmd":"x"}}""", "endAt")]
    public async Task Put_NewOneThatWouldNeverStartAnything_IsRefused(string body, string path)
    {
        foreach (var reply in (Reply[])[await Put("never", body), await client.Post(Root, body)])
        {
            var problem = reply.Problem(422, "invalid-schedule");
            Assert.Equal(path, Assert.Single(problem.GetProperty("errors").EnumerateObject()).Name);
        }
    }

    [Fact]
    public async Task Put_KnownOneWhoseTimesAreOver_MayStillBeChanged()
    {
        var ends = TimeProvider.System.GetUtcNow().AddSeconds(3).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        Assert.Equal(201, (await Put("over", $$$"""{"every":"1s","endAt":"{{{ends}}}","task":{"cmd":"true"}}""")).Status);
        await Eventually.True(() => client.Get($"{Root}/over").Result.Json.GetProperty("nextRuns").GetArrayLength() == 0);

        Assert.Equal(200, (await Put("over", $$$"""{"every":"1s","endAt":"{{{ends}}}","task":{"cmd":"false"}}""")).Status);
        Assert.Equal(201, (await Put("past-paused", """{"cron":"0 3 * * *","paused":true,"endAt":"2020-01-01T00:00:00Z","task":{"cmd":"x"}}""")).Status);
    }

    [Fact]
    public async Task Backfill_OfAPastRange_StartsItsTimes()
    {
        await Put("past", """{"cron":"0 3 * * *","paused":true,"task":{"cmd":"true"}}""");
        var result = await client.Post($"{Root}/past/backfill", """{"from":"2026-01-01T00:00:00Z","to":"2026-01-04T03:00:00Z","parallel":2}""");
        Assert.Equal((202, 3, 0), (result.Status, Int(result, "accepted"), Int(result, "leftOut")));
        await Eventually.True(() => Occurrences("past").Result.Count(static one => one.GetProperty("state").GetString() == "succeeded") == 3);
        Assert.Equal(
            ["2026-01-03T03:00:00.000Z", "2026-01-02T03:00:00.000Z", "2026-01-01T03:00:00.000Z"],
            (await Occurrences("past")).Select(static one => one.GetProperty("time").GetString()));
        var again = await client.Post($"{Root}/past/backfill", """{"from":"2026-01-01T00:00:00Z","to":"2026-01-05T00:00:00Z"}""");
        Assert.Equal((1, 3), (Int(again, "accepted"), Int(again, "leftOut")));
        var many = (await client.Post($"{Root}/past/backfill", """{"from":"2020-01-01T00:00:00Z","to":"2026-01-01T00:00:00Z"}"""))
            .Problem(422, "too-many-occurrences");
        Assert.Contains("2192", many.GetProperty("detail").GetString(), StringComparison.Ordinal);
        (await client.Post($"{Root}/past/backfill", """{"from":"2026-01-01T00:00:00Z","to":"2199-01-01T00:00:00Z"}""")).Problem(422, "invalid-schedule");
        Assert.Equal(202, (await client.Post($"{Root}/past/backfill/cancel")).Status);
    }

    [Fact]
    public async Task List_IsByIdInPages_WithFilters()
    {
        foreach (var (id, body) in new[] { ("list-b", Rare), ("list-a", """{"every":"1h","paused":true,"task":{"cmd":"true","queue":"list"}}""") })
            await Put(id, body);
        var paused = await client.Get($"{Root}?paused=true&queue=list");
        Assert.Equal("list-a", Assert.Single(paused.Json.GetProperty("items").EnumerateArray()).GetProperty("id").GetString());
        Assert.Empty(paused.Json.GetProperty("items")[0].GetProperty("nextRuns").EnumerateArray());
        var ids = new List<string>();
        for (var cursor = ""; cursor is not null;)
        {
            var page = (await client.Get($"{Root}?limit=1{(cursor.Length == 0 ? "" : "&cursor=" + cursor)}")).Json;
            ids.AddRange(page.GetProperty("items").EnumerateArray().Select(static one => one.GetProperty("id").GetString()!));
            cursor = page.GetProperty("nextCursor").GetString();
        }

        Assert.Equal(ids.Order(StringComparer.Ordinal), ids);
        Assert.Contains("list-b", ids);
        Assert.Equal(200, (await client.Post($"{Root}/list-a/resume")).Status);
        Assert.Equal(200, (await client.Post($"{Root}/list-a/pause")).Status);
        (await client.Get($"{Root}?cursor=x")).Problem(400, "bad-cursor");
        (await client.Get($"{Root}/list-a/occurrences?outcome=lost")).Problem(400, "bad-parameter");
    }

    [Fact]
    public async Task Preview_SaysTheNextTimes_AndMakesNothing()
    {
        var preview = await client.Post($"{Root}/preview", """{"cron":"0 0 29 2 *","startAt":"2096-01-01T00:00:00Z"}""");
        Assert.Equal(200, preview.Status);
        Assert.Equal("2096-02-29T00:00:00.000Z", preview.Json.GetProperty("times")[0].GetString());
        Assert.Equal(20, preview.Json.GetProperty("times").GetArrayLength());
        (await client.Post($"{Root}/preview", """{"cron":"0 0 30 2 *"}""")).Problem(422, "invalid-schedule");
    }

    private static string? Text(Reply reply, string name) => reply.Json.GetProperty(name).GetString();

    private static int Int(Reply reply, string name) => reply.Json.GetProperty(name).GetInt32();

    private Task<Reply> Put(string id, string body) => client.Send(HttpMethod.Put, $"{Root}/{id}", body);

    private async Task<JsonElement[]> Occurrences(string id, string query = "") =>
        [.. (await client.Get($"{Root}/{id}/occurrences{query}")).Json.GetProperty("items").EnumerateArray()];

    private async Task<(string[] Times, bool IsComplete)> Upcoming(string query)
    {
        var list = (await client.Get($"{Root}/upcoming{query}")).Json;
        return ([.. list.GetProperty("items").EnumerateArray().Select(static item =>
            $"{item.GetProperty("time").GetString()} {item.GetProperty("schedule").GetString()}")],
            list.GetProperty("complete").GetBoolean());
    }
}
