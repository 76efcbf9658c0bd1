using System.Globalization;
using System.Text.Json;
using OrleansTasks.Client.Tests.Gateway;

namespace OrleansTasks.Client.Tests.Service;

/// <summary>Retries by cause, filters, fingerprints and groups over HTTP, through the real silo, store and worker.</summary>
public sealed class FailureTests(RunningService service) : IClassFixture<RunningService>
{
    private readonly ServiceClient client = service.Client;

    [Fact]
    public async Task Retry_ByExitCode_HasBudgetsOfItsOwn()
    {
        // Exits with 75, 75, 1, 75: the third of the retried code ends it, the other counts towards maxAttempts.
        const string Retry = """{"maxAttempts":2,"backoff":"0ms","on":{"exit":{"maxAttempts":3,"codes":["70-79"]}}}""";
        var task = await Ended($$"""{"cmd":"[ $TASK_ATTEMPT = 3 ] && exit 1; exit 75","queue":"budgets","retry":{{Retry}}}""");

        Assert.Equal(("failed", 4, 75), (Text(task, "state"), Int(task, "attempt"), Int(task, "exitCode")));
        Assert.False(task.GetProperty("quarantined").GetBoolean());
        Assert.Matches("^[0-9a-f]{16}$", Text(task, "fingerprint"));
    }

    [Fact]
    public async Task Retry_FatalExitCode_IsTheLastAttempt()
    {
        var task = await Ended("""{"cmd":"exit 65","queue":"fatal","retry":{"maxAttempts":9,"backoff":"0ms","fatalExitCodes":["64-78"]}}""");
        Assert.Equal(("failed", 1), (Text(task, "state"), Int(task, "attempt")));
    }

    [Fact]
    public async Task Retry_TimeoutAndSignal_CountApart()
    {
        // The signals come first: only the last attempt lasts until its timeout, which leaves the others time on any machine.
        const string Retry = """{"backoff":"0ms","on":{"timeout":{"maxAttempts":1},"signal":{"maxAttempts":3}}}""";
        var task = await Ended($$"""
            {"cmd":"[ $TASK_ATTEMPT -lt 3 ] && kill -9 $$; exec sleep 60","timeout":"6s","killGrace":"0s","queue":"apart","retry":{{Retry}}}
            """);
        Assert.Equal(("failed", 3, "timeout"), (Text(task, "state"), Int(task, "attempt"), Text(task, "reason")));
    }

    [Fact]
    public async Task Task_NotFailed_HasNoFingerprint()
    {
        var accepted = (await client.Post("/api/v1/tasks", """{"cmd":"true"}""")).Json;
        var ended = await Ended("""{"cmd":"true"}""");
        Assert.All([accepted, ended], static task =>
        {
            Assert.Equal(JsonValueKind.Null, task.GetProperty("fingerprint").ValueKind);
            Assert.False(task.GetProperty("quarantined").GetBoolean());
        });
    }

    [Fact]
    public async Task Lists_Filters_GiveWhatTheyName()
    {
        const string Where = "queue=filters&";
        var exited = await Ended("""{"cmd":"exit 3","queue":"filters"}""");
        var timedOut = await Ended("""{"cmd":"sleep 60","queue":"filters","timeout":"50ms","killGrace":"0s"}""");
        var succeeded = await Ended("""{"cmd":"true","queue":"filters"}""");

        Assert.Equal([Id(succeeded), Id(exited)], await Ids(Where + "reason=exit"));
        Assert.Equal([Id(timedOut)], await Ids(Where + "reason=timeout"));
        Assert.Empty(await Ids(Where + "reason=out-of-memory"));
        Assert.Equal([Id(exited)], await Ids(Where + "exitCode=3"));
        Assert.Equal([Id(succeeded)], await Ids(Where + "exitCode=0"));
        Assert.Empty(await Ids(Where + "quarantined=true"));
        Assert.Equal(3, (await Ids(Where + "quarantined=false")).Length);
        Assert.Equal([Id(exited)], await Ids(Where + "fingerprint=" + Text(exited, "fingerprint")));
        Assert.Equal([Id(exited)], await Ids(Where + "fingerprint=" + Text(exited, "fingerprint")!.ToUpperInvariant()));
        var summary = (await client.Get($"/api/v1/tasks/summary?{Where}exitCode=3")).Json;
        Assert.Equal((1, 1), (Int(summary, "total"), Int(summary.GetProperty("byState"), "failed")));
    }

    [Theory]
    [InlineData("reason=expire")]
    [InlineData("reason=")]
    [InlineData("exitCode=256")]
    [InlineData("exitCode=-1")]
    [InlineData("exitCode=x")]
    [InlineData("exitCode=")]
    [InlineData("quarantined=yes")]
    [InlineData("quarantined=")]
    [InlineData("fingerprint=9c1e")]
    [InlineData("fingerprint=9c1e04d27a6b35fg")]
    [InlineData("fingerprint=+c1e04d27a6b35f8")]
    [InlineData("fingerprint=9c1e04d27a6b35f80")]
    public async Task Filters_ValueThatNoTaskCanHave_Is400(string filter)
    {
        (await client.Get("/api/v1/tasks?" + filter)).Problem(400, "bad-parameter");
        (await client.Get("/api/v1/tasks/summary?" + filter)).Problem(400, "bad-parameter");
        (await client.Post("/api/v1/tasks/retry?" + filter, "")).Problem(400, "bad-parameter");
        (await client.Post("/api/v1/tasks/cancel?" + filter, "")).Problem(400, "bad-parameter");
    }

    [Theory]
    [InlineData("limit=0")]
    [InlineData("limit=1001")]
    [InlineData("since=yesterday")]
    [InlineData("state=failed")]
    [InlineData("queue=A")]
    public async Task Failures_BadParameter_Is400(string query) =>
        (await client.Get("/api/v1/failures?" + query)).Problem(400, "bad-parameter");

    [Fact]
    public async Task Failures_EqualCauses_AreOneGroupThatBulkRetryTakes()
    {
        var first = await Ended("""{"cmd":"echo row 17; echo 'error: no header in /tmp/a17.csv' >&2; exit 4","queue":"groups","name":"load"}""");
        var second = await Ended("""{"cmd":"echo row 9; echo 'error: no header in /tmp/b2.csv' >&2; exit 4","queue":"groups","name":"load"}""");
        var other = await Ended("""{"cmd":"echo 'error: disk full' >&2; exit 4","queue":"groups","name":"load"}""");

        var groups = (await client.Get("/api/v1/failures?queue=groups")).Json;

        Assert.Equal(JsonValueKind.Null, groups.GetProperty("nextCursor").ValueKind);
        Assert.Equal([2, 1], groups.GetProperty("items").EnumerateArray().Select(static group => Int(group, "count")));
        var group = groups.GetProperty("items")[0];
        Assert.Equal(Text(first, "fingerprint"), Text(group, "fingerprint"));
        Assert.Equal(("exit", 4, "error: no header in <file>"), (Text(group, "reason"), Int(group, "exitCode"), Text(group, "sample")));
        Assert.Equal([Id(second), Id(first)], group.GetProperty("tasks").EnumerateArray().Select(static task => task.GetString()!));
        Assert.Equal("groups", Assert.Single(group.GetProperty("queues").EnumerateArray()).GetString());
        Assert.Equal((Text(first, "endedAt"), Text(second, "endedAt")), (Text(group, "firstAt"), Text(group, "lastAt")));
        Assert.Equal(JsonValueKind.Null, group.GetProperty("signal").ValueKind);

        var page = (await client.Get("/api/v1/failures?queue=groups&limit=1")).Json;
        var next = (await client.Get($"/api/v1/failures?queue=groups&limit=1&cursor={Text(page, "nextCursor")}")).Json;
        Assert.Equal(Text(other, "fingerprint"), Text(Assert.Single(next.GetProperty("items").EnumerateArray()), "fingerprint"));
        Assert.Equal(JsonValueKind.Null, next.GetProperty("nextCursor").ValueKind);

        await client.Send(HttpMethod.Put, "/api/v1/queues/groups", """{"paused":true}""");
        var retried = (await client.Post("/api/v1/tasks/retry?fingerprint=" + Text(first, "fingerprint"), "")).Json;
        Assert.Equal((2, 2), (Int(retried, "matched"), Int(retried, "changed")));
        var left = (await client.Get("/api/v1/failures?queue=groups")).Json.GetProperty("items");
        Assert.Equal(Text(other, "fingerprint"), Text(Assert.Single(left.EnumerateArray()), "fingerprint"));
        var queued = (await client.Get($"/api/v1/tasks/{Id(first)}")).Json;
        Assert.Equal(("queued", JsonValueKind.Null), (Text(queued, "state"), queued.GetProperty("fingerprint").ValueKind));
    }

    [Fact]
    public async Task Submit_RuleThatIsNotAllowed_Is422WithItsPath()
    {
        var problem = (await client.Post(
            "/api/v1/tasks", """{"cmd":"x","retry":{"fatalExitCodes":[3],"on":{"exit":{"maxAttempts":1,"codes":[2,3]}}}}""")).Problem(422, "invalid-task");
        Assert.Equal("retry.on.exit.codes[1]", Assert.Single(problem.GetProperty("errors").EnumerateObject()).Name);
        foreach (var field in new[] { "quarantined", "fingerprint" })
        {
            var refused = (await client.Post("/api/v1/tasks", $$"""{"cmd":"x","{{field}}":null}""")).Problem(422, "invalid-task");
            Assert.Equal(field, Assert.Single(refused.GetProperty("errors").EnumerateObject()).Name);
        }
    }

    private static string? Text(JsonElement of, string name) => of.GetProperty(name).GetString();

    private static string Id(JsonElement task) => Text(task, "id")!;

    private static int Int(JsonElement of, string name) => of.GetProperty(name).GetInt32();

    private async Task<JsonElement> Ended(string spec)
    {
        var accepted = (await client.Post("/api/v1/tasks", spec)).Json;
        var ended = (await client.Get(string.Create(CultureInfo.InvariantCulture, $"/api/v1/tasks/{Id(accepted)}?wait=60s"))).Json;
        Assert.True(Text(ended, "state") is "succeeded" or "failed", ended.ToString());
        return ended;
    }

    private async Task<string[]> Ids(string query) =>
        [.. (await client.Get("/api/v1/tasks?" + query)).Json.GetProperty("items").EnumerateArray().Select(Id)];
}
