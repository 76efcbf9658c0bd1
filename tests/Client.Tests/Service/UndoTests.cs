using System.Text.Json;
using OrleansTasks.Client.Tests.Gateway;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Tests.Service;

/// <summary>Cancels and retries that are undone over HTTP, through the real silo and store.</summary>
public sealed class UndoTests(RunningService service) : IClassFixture<RunningService>
{
    private readonly ServiceClient client = service.Client;

    [Fact]
    public async Task BulkCancel_OfMoreThanACommit_IsUndoneWhole_AndARepeatSaysTheSame()
    {
        const int Count = 2 * UndoRequest.MostTasks + 7;
        await Hold("many");
        var tasks = string.Join(',', Enumerable.Repeat("""{"cmd":"true","queue":"many"}""", Count));
        Assert.Equal(202, (await client.Post("/api/v1/tasks/batch", $$"""{"tasks":[{{tasks}}]}""")).Status);
        var before = (await client.Get("/api/v1/tasks?queue=many&limit=1000")).Text;

        var cancelled = await client.Post("/api/v1/tasks/cancel?queue=many", null, ("Otask-Reason", "a mistake"));
        var operation = cancelled.Json.GetProperty("operation").GetString();
        var shown = (await client.Get($"/api/v1/operations/{operation}")).Json;
        Assert.Equal(
            ("task.cancel", "queue=many", "a mistake", Count, 0, JsonValueKind.String),
            (Text(shown, "action"), Text(shown, "target"), Text(shown, "reason"), Int(shown, "changed"),
                Int(shown, "undone"), shown.GetProperty("undoUntil").ValueKind));

        for (var i = 0; i < 2; i++)
        {
            var undone = await client.Post($"/api/v1/operations/{operation}/undo");
            Assert.Equal(
                (200, $$$"""{"operation":"{{{operation}}}","undone":{{{Count}}},"left":{}}"""),
                (undone.Status, undone.Text));
        }

        Assert.Equal(Count, Int((await client.Get($"/api/v1/operations/{operation}")).Json, "undone"));
        Assert.Equal(Count, Int((await client.Get("/api/v1/tasks/summary?queue=many&state=queued")).Json, "total"));
        var after = (await client.Get("/api/v1/tasks?queue=many&limit=1000")).Text;
        Assert.Equal(WithoutVersions(before), WithoutVersions(after));
        var records = (await client.Get($"/api/v1/audit?target={operation}")).Json.GetProperty("items");
        Assert.Equal(("task.undo", Count), (Text(records[0], "action"), Int(records[0], "count")));
        Assert.Equal(1, records.GetArrayLength());
    }

    [Fact]
    public async Task SingleCancel_IsUndoneByItsHeader_AndTheTaskRuns()
    {
        await Hold("single");
        var id = await Submit("single");
        var cancelled = await client.Post($"/api/v1/tasks/{id}/cancel");
        var operation = cancelled.Headers["Otask-Operation"];

        Assert.Equal(200, (await client.Post(
            $"/api/v1/operations/{operation}/undo", null, ("Otask-Actor", "olga"), ("Otask-Reason", "needed"))).Status);

        var kinds = (await client.Get($"/api/v1/tasks/{id}/timeline")).Json.GetProperty("items").EnumerateArray()
            .Select(static entry => $"{Text(entry, "kind")} {Text(entry, "by")} {Text(entry, "comment")}");
        Assert.Contains("operator says olga needed", kinds);
        await client.Send(HttpMethod.Put, "/api/v1/queues/single", """{"paused":false}""");
        Assert.Equal("succeeded", Text((await client.Get($"/api/v1/tasks/{id}?wait=30s")).Json, "state"));
    }

    [Fact]
    public async Task Retry_IsUndone_TheTaskHasItsOldEndAndFailure()
    {
        var id = await Submit("again", "exit 3");
        var before = (await client.Get($"/api/v1/tasks/{id}?wait=30s")).Json;
        await Hold("again");
        var groups = (await client.Get("/api/v1/failures?queue=again")).Text;
        var retried = await client.Post("/api/v1/tasks/retry?queue=again");
        Assert.Equal("queued", Text((await client.Get($"/api/v1/tasks/{id}")).Json, "state"));

        Assert.Equal(200, (await client.Post($"/api/v1/operations/{Text(retried.Json, "operation")}/undo")).Status);

        var after = (await client.Get($"/api/v1/tasks/{id}")).Json;
        Assert.Equal(WithoutVersions(before.GetRawText()), WithoutVersions(after.GetRawText()));
        Assert.Equal(groups, (await client.Get("/api/v1/failures?queue=again")).Text);
        Assert.Equal(1, (await client.Get($"/api/v1/tasks/{id}/attempts")).Json.GetProperty("items").GetArrayLength());
    }

    [Fact]
    public async Task Undo_WhenSomeHaveStarted_LeavesThoseAndSaysSo_AndAloneTheyAreNotUndoable()
    {
        var running = await Submit("mixed", "sleep 60");
        await HasStarted(running);
        await Hold("mixed");
        var waiting = await Submit("mixed");

        var operation = Text((await client.Post("/api/v1/tasks/cancel?queue=mixed")).Json, "operation");
        var undone = (await client.Post($"/api/v1/operations/{operation}/undo")).Json;

        Assert.Equal((1, """{"started":1}"""), (Int(undone, "undone"), undone.GetProperty("left").GetRawText()));
        Assert.Equal("queued", Text((await client.Get($"/api/v1/tasks/{waiting}")).Json, "state"));
        Assert.Equal("cancelled", Text((await client.Get($"/api/v1/tasks/{running}?wait=30s")).Json, "state"));
        var alone = Text((await client.Post("/api/v1/tasks/retry?queue=mixed")).Json, "operation");
        await client.Send(HttpMethod.Put, "/api/v1/queues/mixed", """{"paused":false}""");
        await HasStarted(running);
        (await client.Post($"/api/v1/operations/{alone}/undo")).Problem(409, "not-undoable");
        await client.Post($"/api/v1/tasks/{running}/cancel");
    }

    [Fact]
    public async Task Operation_ThatIsUnknownOrNoCancelOrRetry_Is404()
    {
        await Hold("other");
        var audit = (await client.Get("/api/v1/audit?target=other")).Json.GetProperty("items")[0];
        foreach (var id in new[] { "none", "019f5a2c-7d10-7c3a-8b00-0342ab12cd34", Text(audit, "id")! })
        {
            (await client.Get($"/api/v1/operations/{id}")).Problem(404, "not-found");
            (await client.Post($"/api/v1/operations/{id}/undo")).Problem(404, "not-found");
        }
    }

    [Fact]
    public async Task Undo_OfABulkCall_NeedsOperate_OfOneTaskSubmit()
    {
        var made = await client.Post("/api/v1/keys", """{"name":"submitter","scopes":["submit"]}""");
        var key = ("Authorization", $"Bearer {Text(made.Json, "key")}");
        await Hold("scoped");
        var id = await Submit("scoped");
        var single = (await client.Post($"/api/v1/tasks/{id}/cancel")).Headers["Otask-Operation"];

        Assert.Equal(200, (await client.Post($"/api/v1/operations/{single}/undo", null, key)).Status);
        var bulk = Text((await client.Post("/api/v1/tasks/cancel?queue=scoped")).Json, "operation");
        (await client.Post($"/api/v1/operations/{bulk}/undo", null, key)).Problem(403, "forbidden");
        Assert.Equal(200, (await client.Post($"/api/v1/operations/{bulk}/undo")).Status);
    }

    private static string? Text(JsonElement json, string name) => json.GetProperty(name).GetString();

    private static int Int(JsonElement json, string name) => json.GetProperty(name).GetInt32();

    // A version rises with each stored change, also with one that is undone; cursors have nothing to do with tasks.
    private static string WithoutVersions(string json) =>
        System.Text.RegularExpressions.Regex.Replace(json, "\"version\":[0-9]+|\"nextCursor\":\"[^\"]*\"", "");

    [Fact]
    public async Task Cancel_BeforeItsQueueWasDeleted_IsNotUndone_AlsoWhenTheQueueIsMadeAgain()
    {
        await Hold("gone");
        await Submit("gone");
        await Submit("gone");
        var operation = (await client.Post("/api/v1/tasks/cancel?queue=gone")).Json.GetProperty("operation").GetString();
        Assert.Equal(204, (await client.Send(HttpMethod.Delete, "/api/v1/queues/gone")).Status);

        var refused = (await client.Post($"/api/v1/operations/{operation}/undo")).Problem(409, "not-undoable");
        Assert.Contains("2 queue-gone", Text(refused, "detail"), StringComparison.Ordinal);

        await Submit("gone");
        Assert.Equal(409, (await client.Post($"/api/v1/operations/{operation}/undo")).Status);
        Assert.Equal(2, Int((await client.Get("/api/v1/tasks/summary?queue=gone&state=cancelled")).Json, "total"));
    }

    private async Task HasStarted(string id)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (Text((await client.Get($"/api/v1/tasks/{id}")).Json, "state") != "running")
            limit.Token.ThrowIfCancellationRequested();
    }

    private Task Hold(string queue) => client.Send(HttpMethod.Put, "/api/v1/queues/" + queue, """{"paused":true}""");

    private async Task<string> Submit(string queue, string command = "true") =>
        Text((await client.Post("/tasks", $$"""{"cmd":"{{command}}","queue":"{{queue}}"}""")).Json, "id")!;
}
