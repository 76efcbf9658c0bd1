using System.Text;
using System.Text.Json;
using OrleansTasks.Client.Tests.Gateway;

namespace OrleansTasks.Client.Tests.Service;

/// <summary>Tasks from the POST to their output, through the real silo, store and worker.</summary>
public sealed class TaskLifeTests(RunningService service) : IClassFixture<RunningService>
{
    private readonly ServiceClient client = service.Client;

    [Fact]
    public async Task Submit_Command_RunsAndItsOutputIsExact()
    {
        var file = Path.Combine(service.Folder, "hello");
        var task = await Run($$"""{"cmd":"touch {{file}}; printf 'a\\n\\377\\000b'; echo oops >&2; exit 3","maxOutputBytes":1000}""");

        Assert.True(File.Exists(file));
        Assert.Equal("failed", Text(task, "state"));
        Assert.Equal("exit", Text(task, "reason"));
        Assert.Equal(3, task.GetProperty("exitCode").GetInt32());
        Assert.Equal(1, task.GetProperty("attempt").GetInt32());
        Assert.Equal(5, task.GetProperty("output").GetProperty("stdoutBytes").GetInt32());
        Assert.Equal("a\n\uFFFD\0boops\n", task.GetProperty("output").GetProperty("tail").GetString());
        var path = $"/api/v1/tasks/{Text(task, "id")}";
        Assert.Equal([(byte)'a', (byte)'\n', 0xff, 0, (byte)'b'], (await client.Get(path + "/output/stdout")).Body);
        Assert.Equal("ops\n", (await client.Get(path + "/output/stderr", ("Range", "bytes=1-"))).Text);
        Assert.Empty((await client.Get(path + "/why")).Json.GetProperty("reasons").EnumerateArray());
        var attempt = (await client.Get(path + "/attempts")).Json.GetProperty("items")[0];
        Assert.Equal(("failed", 3), (Text(attempt, "state"), attempt.GetProperty("exitCode").GetInt32()));
    }

    [Fact]
    public async Task Submit_WithAResult_ItIsReadAsItWasWritten()
    {
        var task = await Run("""{"cmd":"printf '{ \"rows\": 3 }' > $TASK_RESULT","result":true}""");
        var path = $"/api/v1/tasks/{Text(task, "id")}";
        Assert.Equal(("succeeded", 13), (Text(task, "state"), task.GetProperty("resultBytes").GetInt32()));
        var result = await client.Get(path + "/result");
        Assert.Equal((200, "{ \"rows\": 3 }"), (result.Status, result.Text));
        Assert.Equal("application/json", result.Headers["Content-Type"]);

        var bad = await Run("""{"cmd":"echo rows > $TASK_RESULT","result":true,"queue":"bad-results"}""");
        Assert.Equal(("failed", "bad-result", 0, JsonValueKind.Null), (
            Text(bad, "state"), Text(bad, "reason"), bad.GetProperty("exitCode").GetInt32(), bad.GetProperty("resultBytes").ValueKind));
        var failed = (await client.Get("/api/v1/tasks?reason=bad-result&queue=bad-results")).Json.GetProperty("items");
        Assert.Equal(Text(bad, "id"), Text(Assert.Single(failed.EnumerateArray()), "id"));
        (await client.Get($"/api/v1/tasks/{Text(bad, "id")}/result")).Problem(404, "no-result");
        (await client.Get("/api/v1/tasks/019f5a2c-7d10-7c3a-8b00-0342ab12cd33/result")).Problem(404, "not-found");
    }

    [Fact]
    public async Task Submit_SecretEnv_ReachesTheCommandAndNobodyElse()
    {
        var task = await Run("""{"cmd":"printf %s \"$TOKEN\" | tr a-z A-Z","secretEnv":{"TOKEN":"hush-hush"},"labels":{"kind":"secret"}}""");
        var id = Text(task, "id");
        Assert.Equal("HUSH-HUSH", (await client.Get($"/api/v1/tasks/{id}/output/stdout")).Text);
        foreach (var path in new[] { $"/api/v1/tasks/{id}", "/api/v1/tasks?label=kind=secret", $"/api/v1/tasks/{id}/attempts" })
            Assert.DoesNotContain("hush-hush", (await client.Get(path)).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Submit_SameKeyAndBody_CreatesNothingTwice()
    {
        const string Body = """{"cmd":"true","labels":{"kind":"once"}}""";
        var first = await client.Post("/api/v1/tasks", Body, ("Idempotency-Key", "once"));
        var again = await client.Post("/api/v1/tasks", Body, ("Idempotency-Key", "once"));
        Assert.Equal((202, 202), (first.Status, again.Status));
        Assert.Equal(first.Body, again.Body);
        Assert.Equal(first.Headers["Location"], again.Headers["Location"]);
        Assert.Equal("true", again.Headers["Idempotency-Replayed"]);
        (await client.Post("/api/v1/tasks", Body + " ", ("Idempotency-Key", "once"))).Problem(422, "idempotency-key-reuse");
        Assert.Single((await client.Get("/api/v1/tasks?label=kind=once")).Json.GetProperty("items").EnumerateArray());
    }

    [Fact]
    public async Task SubmitBatch_Tasks_AllEndAndAreCounted()
    {
        var tasks = string.Join(',', Enumerable.Range(0, 40).Select(i => $$"""{"cmd":"exit {{i % 2}}","queue":"crowd"}"""));
        var batch = (await client.Post("/api/v1/tasks/batch", $$"""{"tasks":[{{tasks}}]}""")).Json;
        var done = (await client.Get($"/api/v1/batches/{Text(batch, "batch")}?wait=60s")).Json;
        Assert.True(done.GetProperty("ended").GetBoolean());
        Assert.Equal("""{"succeeded":20,"failed":20}""", done.GetProperty("byState").GetRawText());
        Assert.Equal("""{"0":20,"1":20}""", done.GetProperty("byExitCode").GetRawText());
        Assert.Equal(40, (await client.Get("/api/v1/tasks/summary?queue=crowd")).Json.GetProperty("total").GetInt32());
        var shown = new List<string>();
        for (string? cursor = ""; cursor is not null;)
        {
            var page = (await client.Get($"/api/v1/tasks?queue=crowd&limit=7{(cursor.Length > 0 ? "&cursor=" + cursor : "")}")).Json;
            shown.AddRange(page.GetProperty("items").EnumerateArray().Select(task => Text(task, "id")!));
            cursor = Text(page, "nextCursor");
        }

        Assert.Equal(batch.GetProperty("ids").EnumerateArray().Select(id => id.GetString()!).Reverse(), shown);
        var queue = (await client.Get("/api/v1/queues/crowd")).Json;
        Assert.Equal((0, 0), (queue.GetProperty("depth").GetInt32(), queue.GetProperty("running").GetInt32()));
    }

    [Fact]
    public async Task Cancel_RunningTask_EndsItAndRetryRunsItAgain()
    {
        var marker = Path.Combine(service.Folder, "cancelled-once");
        var id = await Submit($$"""{"cmd":"test -e {{marker}} && exit 0; touch {{marker}}; exec sleep 60","killGrace":"1s"}""");
        await Eventually.True(() => File.Exists(marker));
        var cancelled = await client.Post($"/api/v1/tasks/{id}/cancel");
        Assert.Equal(202, cancelled.Status);
        var ended = (await client.Get($"/api/v1/tasks/{id}?wait=30s")).Json;
        Assert.Equal(("cancelled", "cancelled"), (Text(ended, "state"), Text(ended, "reason")));
        Assert.NotNull(Text(ended, "cancelRequestedAt"));
        (await client.Post($"/api/v1/tasks/{id}/cancel")).Problem(409, "task-finished");

        Assert.Equal(202, (await client.Post($"/api/v1/tasks/{id}/retry")).Status);
        var again = (await client.Get($"/api/v1/tasks/{id}?wait=30s")).Json;
        Assert.Equal(("succeeded", 2), (Text(again, "state"), again.GetProperty("attempt").GetInt32()));
        (await client.Post($"/api/v1/tasks/{id}/retry")).Problem(409, "not-retryable");
    }

    [Fact]
    public async Task Submit_RunAtInTheFuture_WaitsAndSaysWhy()
    {
        var id = await Submit("""{"cmd":"true","runAt":"2099-01-01T00:00:00Z","labels":{"kind":"later"}}""");
        Assert.Equal("scheduled", Text((await client.Get($"/api/v1/tasks/{id}")).Json, "state"));
        Assert.Equal("not-before", Text((await client.Get($"/api/v1/tasks/{id}/why")).Json.GetProperty("reasons")[0], "code"));
        var bulk = await client.Post("/api/v1/tasks/cancel?label=kind=later");
        Assert.Equal((202, 1, 1), (
            bulk.Status, bulk.Json.GetProperty("matched").GetInt32(), bulk.Json.GetProperty("changed").GetInt32()));
        Assert.Equal("""{"matched":1,"changed":0,"operation":null}""", (await client.Post("/api/v1/tasks/cancel?label=kind=later")).Text);
    }

    [Fact]
    public async Task Submit_NoMatchingNode_SaysWhy()
    {
        var id = await Submit("""{"cmd":"true","requires":{"gpu":"yes"},"queue":"picky"}""");
        Assert.Equal("no-matching-node", Text((await client.Get($"/api/v1/tasks/{id}/why")).Json.GetProperty("reasons")[0], "code"));
        Assert.Equal(202, (await client.Post($"/api/v1/tasks/{id}/cancel")).Status);
    }

    [Fact]
    public async Task Follow_RetriedTask_ShowsEveryAttemptWhileItRuns()
    {
        var gate = Path.Combine(service.Folder, "gate");
        var id = await Submit($$$"""
            {"cmd":"echo try $TASK_ATTEMPT; test $TASK_ATTEMPT = 2 || exit 1; while ! test -e {{{gate}}}; do sleep 0.05; done; echo done",
             "retry":{"maxAttempts":2,"backoff":"1ms"}}
            """);
        using var log = await EventReading.Open(client.Http, $"/api/v1/tasks/{id}/logs?follow=true");
        var texts = new StringBuilder();
        while (await Eventually.Within(log.Next()) is (var name, var data))
        {
            if (name == "end")
            {
                Assert.Equal("succeeded", Text(data, "state"));
                break;
            }

            texts.Append(Text(data, "text"));
            if (texts.ToString().EndsWith("try 2\n", StringComparison.Ordinal))
                await File.WriteAllTextAsync(gate, "");
        }

        Assert.EndsWith("try 2\ndone\n", texts.ToString(), StringComparison.Ordinal);
        Assert.Equal("try 1\n", (await client.Get($"/api/v1/tasks/{id}/attempts/1/output/stdout")).Text);
        Assert.Equal("try 2\ndone\n", (await client.Get($"/api/v1/tasks/{id}/output/stdout")).Text);
    }

    internal static string? Text(JsonElement json, string field) => json.GetProperty(field).GetString();

    private async Task<string> Submit(string body)
    {
        var reply = await client.Post("/tasks", body);
        Assert.True(reply.Status == 202, reply.Text);
        return Text(reply.Json, "id")!;
    }

    private async Task<JsonElement> Run(string body) => (await client.Get($"/api/v1/tasks/{await Submit(body)}?wait=60s")).Json;
}
