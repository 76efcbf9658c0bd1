using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Json;
using OrleansTasks.Nodes;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Tests.Gateway;

public sealed class TaskCallTests : IAsyncLifetime
{
    private readonly ScriptedGrains grains = new();
    private GatewayHost gateway = null!;

    public async ValueTask InitializeAsync() => gateway = await GatewayHost.Start(grains);

    public ValueTask DisposeAsync() => gateway.DisposeAsync();

    [Theory]
    [InlineData("/tasks")]
    [InlineData("/api/v1/tasks")]
    public async Task Submit_Task_AnswersTheTaskAsAccepted(string path)
    {
        var reply = await gateway.Post(path, """ {"cmd": "touch /tmp/hello", "labels": {"b": "2", "a": "1"}} """);

        Assert.Equal(202, reply.Status);
        Assert.Equal("application/json", reply.Type);
        var task = reply.Json;
        Assert.Equal(
            ["id", "name", "queue", "priority", "state", "attempt", "node", "createdAt", "queuedAt", "startedAt", "endedAt",
                "cancelRequestedAt", "exitCode", "signal", "reason", "quarantined", "fingerprint", "version",
                "workflow", "resultBytes", "artifactCount", "artifactBytes", "artifactsExpired",
                "progress", "submittedBy", "definition", "hadSecrets", "output", "labels", "spec"],
            task.EnumerateObject().Select(field => field.Name));
        var id = task.GetProperty("id").GetString()!;
        Assert.Equal($"/api/v1/tasks/{id}", reply.Headers["Location"]);
        Assert.True(TaskId.TryParse(id, out var parsed));
        Assert.Equal(parsed.CreatedAt, task.GetProperty("createdAt").GetDateTimeOffset().ToUnixTimeMilliseconds());
        Assert.Equal("touch", task.GetProperty("name").GetString());
        Assert.Equal("queued", task.GetProperty("state").GetString());
        Assert.Equal(0, task.GetProperty("attempt").GetInt32());
        Assert.Equal(JsonValueKind.Null, task.GetProperty("node").ValueKind);
        Assert.Equal(JsonValueKind.Null, task.GetProperty("exitCode").ValueKind);
        Assert.Equal("""{"stdoutBytes":0,"stderrBytes":0,"truncated":false,"tail":""}""", task.GetProperty("output").GetRawText());
        Assert.Equal("""{"a":"1","b":"2"}""", task.GetProperty("labels").GetRawText());
        Assert.Equal("""{"cmd": "touch /tmp/hello", "labels": {"b": "2", "a": "1"}}""", task.GetProperty("spec").GetRawText());
        var shown = await gateway.Get(reply.Headers["Location"]);
        Assert.Equal(reply.Text, shown.Text);
    }

    [Fact]
    public async Task Submit_RunAt_DecidesWhetherItIsScheduled()
    {
        var later = DateTimeOffset.FromUnixTimeMilliseconds(4_000_000_000_000).ToString("O", CultureInfo.InvariantCulture);
        var future = (await gateway.Post("/tasks", $$"""{"cmd":"x","runAt":"{{later}}"}""")).Json;
        Assert.Equal("scheduled", future.GetProperty("state").GetString());
        Assert.Equal(JsonValueKind.Null, future.GetProperty("queuedAt").ValueKind);
        var past = (await gateway.Post("/tasks", """{"cmd":"x","runAt":"2001-01-01T00:00:00Z"}""")).Json;
        Assert.Equal("queued", past.GetProperty("state").GetString());
    }

    [Fact]
    public async Task Submit_SecretEnv_IsNeverShown()
    {
        var reply = await gateway.Post("/tasks", """{"cmd":"x","secretEnv":{"TOKEN":"hush-hush"}}""");

        Assert.Equal(202, reply.Status);
        Assert.DoesNotContain("hush", reply.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("secretEnv", reply.Text, StringComparison.Ordinal);
        var sent = grains.Default.Submitted[0][0].Tasks[0];
        Assert.Equal("""{"cmd":"x"}""", Encoding.UTF8.GetString(sent.Spec.Span));
        Assert.Equal("""{"TOKEN":"hush-hush"}""", Encoding.UTF8.GetString(sent.SecretEnv.Span));
    }

    [Fact]
    public async Task Submit_QueueOfTheSpec_IsTheDispatchersKey()
    {
        await gateway.Post("/tasks", """{"cmd":"x","queue":"other","priority":9,"requires":{"gpu":"1"},"limits":{"processes":2}}""");
        var sent = Assert.Single(Assert.Single(grains.Dispatcher("other").Submitted)[0].Tasks);
        Assert.Equal(9, sent.Priority);
        Assert.Equal([new Label("gpu", "1")], sent.Requires);
        Assert.Equal(Limits.Processes, sent.Limits);
    }

    [Fact]
    public async Task Submit_After_IsShownInItsLongForm_AsScheduled()
    {
        const string parent = "019f5a2c-7d10-7c3a-8b00-0342ab12cd33";
        var task = (await gateway.Post("/tasks", $$$"""{"secretEnv":{"A":"b"},"after":["{{{parent}}}"],"cmd":"x"}""")).Json;

        Assert.Equal("scheduled", task.GetProperty("state").GetString());
        Assert.Equal($$$"""{"after":[{"task":"{{{parent}}}","on":"succeeded"}],"cmd":"x"}""", task.GetProperty("spec").GetRawText());
        var sent = Assert.Single(grains.Default.Submitted[0][0].Tasks[0].After!.Value);
        Assert.Equal((parent, EndCondition.Succeeded), (sent.Task.ToString(), sent.On));
    }

    [Theory]
    [InlineData("/tasks", """{"cmd":"x","after":["019f5a2c-7d10-7c3a-8b00-0342ab12cd33"]}""", 0, "after[0]")]
    [InlineData(
        "/api/v1/tasks/batch", """{"tasks":[{"cmd":"x"},{"cmd":"x","after":["019f5a2c-7d10-7c3a-8b00-0342ab12cd33"]}]}""", 1,
        "tasks[1].after[0]")]
    public async Task Submit_AfterUnknownTask_IsRefusedByItsPlace(string path, string body, int task, string place)
    {
        grains.Default.OnSubmit = _ => Task.FromResult<ImmutableArray<SubmitReply>>(
            [new SubmitReply(SubmitOutcome.UnknownTask, Unknown: [new AfterPlace(task, 0)])]);
        var reply = await gateway.Post(path, body);

        Assert.Equal((422, "invalid-task"), (reply.Status, reply.Json.GetProperty("code").GetString()));
        var error = Assert.Single(reply.Json.GetProperty("errors").EnumerateObject());
        Assert.Equal(place, error.Name);
        Assert.Contains("019f5a2c-7d10-7c3a-8b00-0342ab12cd33", error.Value[0].GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Submit_KnownKey_AnswersTheFirstAnswerByteForByte()
    {
        IdempotencyEntry? kept = null;
        grains.Default.OnSubmit = requests =>
        {
            var entry = requests[0].Idempotency!;
            if (kept is null)
            {
                kept = entry;
                return Task.FromResult(grains.Default.Accept(requests));
            }

            Assert.Equal(kept.Key.ToArray(), entry.Key.ToArray());
            Assert.Equal(kept.Body.ToArray(), entry.Body.ToArray());
            return Task.FromResult<ImmutableArray<SubmitReply>>([new SubmitReply(SubmitOutcome.Replayed, kept.Answer)]);
        };
        var first = await gateway.Post("/tasks", """{"cmd":"x"}""", ("Idempotency-Key", "order 66"));
        var again = await gateway.Post("/tasks", """{"cmd":"x"}""", ("Idempotency-Key", "order 66"));

        Assert.Equal(202, first.Status);
        Assert.Equal(202, again.Status);
        Assert.Equal(first.Text, again.Text);
        Assert.Equal(first.Type, again.Type);
        Assert.Equal(first.Headers["Location"], again.Headers["Location"]);
        Assert.False(first.Headers.ContainsKey("Idempotency-Replayed"));
        Assert.Equal("true", again.Headers["Idempotency-Replayed"]);
    }

    [Fact]
    public async Task Submit_OwnAnswerAfterARepeat_IsNoReplay()
    {
        grains.Default.OnSubmit = requests => requests[0].Repeated
            ? Task.FromResult<ImmutableArray<SubmitReply>>([new SubmitReply(SubmitOutcome.Replayed, requests[0].Idempotency!.Answer)])
            : throw new TimeoutException();
        var reply = await gateway.Post("/tasks", """{"cmd":"x"}""", ("Idempotency-Key", "k"));
        Assert.Equal(202, reply.Status);
        Assert.False(reply.Headers.ContainsKey("Idempotency-Replayed"));
    }

    [Fact]
    public async Task Submit_SameKeyElsewhere_IsAnotherKey()
    {
        foreach (var path in new[] { "/tasks", "/api/v1/tasks", "/api/v1/tasks/batch" })
            await gateway.Post(path, path.EndsWith("batch", StringComparison.Ordinal) ? """{"tasks":[{"cmd":"x"}]}""" : """{"cmd":"x"}""", ("Idempotency-Key", "k"));
        var keys = grains.Default.Submitted.Select(requests => Convert.ToHexString(requests[0].Idempotency!.Key.Span)).ToArray();
        Assert.Equal(3, keys.Distinct().Count());
        Assert.All(keys, key => Assert.Equal(64, key.Length));
    }

    [Fact]
    public async Task Submit_ManyWhileACallIsUnderWay_GoTogether()
    {
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        grains.Default.OnSubmit = async requests =>
        {
            await release.Task;
            return grains.Default.Accept(requests);
        };
        var sent = new List<Task<Reply>>();
        for (var calls = 1; calls <= 2; calls++)
        {
            // One after the other: what comes at the same moment may go together already.
            sent.Add(gateway.Post("/tasks", """{"cmd":"x"}"""));
            await Eventually.True(() => grains.Default.Submitted.Count == calls);
        }

        sent.AddRange(Enumerable.Range(0, 20).Select(_ => gateway.Post("/tasks", """{"cmd":"x"}""")));
        await Eventually.True(() => gateway.Waiting("default") == 20);
        release.SetResult();
        Assert.All(await Task.WhenAll(sent), reply => Assert.Equal(202, reply.Status));
        Assert.True(grains.Default.Submitted.Count <= 4, $"{grains.Default.Submitted.Count} calls for 22 tasks");
        Assert.Equal(22, sent.Select(reply => reply.Result.Json.GetProperty("id").GetString()).Distinct().Count());
    }

    [Fact]
    public async Task SubmitBatch_Tasks_AnswersIdsInOrder()
    {
        var reply = await gateway.Post("/api/v1/tasks/batch", """{"tasks":[{"cmd":"a","queue":"q"},{"cmd":"b","queue":"q"}]}""");

        Assert.Equal(202, reply.Status);
        Assert.Equal(["batch", "ids"], reply.Json.EnumerateObject().Select(field => field.Name));
        var request = Assert.Single(Assert.Single(grains.Dispatcher("q").Submitted));
        Assert.Equal(reply.Json.GetProperty("batch").GetString(), request.Batch.ToString());
        Assert.Equal(reply.Json.GetProperty("ids").EnumerateArray().Select(id => id.GetString()), request.Tasks.Select(task => task.Id.ToString()));
        Assert.Equal(["a", "b"], request.Tasks.Select(task => task.Name));
        var batch = (await gateway.Get(reply.Headers["Location"])).Json;
        Assert.Equal(["id", "total", "byState", "byNode", "byExitCode", "ended"], batch.EnumerateObject().Select(field => field.Name));
        Assert.Equal(2, batch.GetProperty("total").GetInt32());
        Assert.Equal("""{"queued":2}""", batch.GetProperty("byState").GetRawText());
        Assert.False(batch.GetProperty("ended").GetBoolean());
    }

    [Theory]
    [InlineData(7, 3)]
    [InlineData(6, 3)]
    [InlineData(250, 240)]
    public async Task List_Pages_ShowEveryTaskOnceNewestFirst(int count, int limit)
    {
        var tasks = Enumerable.Range(0, count).Select(_ => Records.New()).ToArray();
        foreach (var task in tasks)
            grains.Reader.Put(task);
        var shown = new List<string>();
        string? cursor = null;
        do
        {
            var page = (await gateway.Get($"/api/v1/tasks?limit={limit}{(cursor is null ? "" : $"&cursor={cursor}")}")).Json;
            Assert.InRange(page.GetProperty("items").GetArrayLength(), 1, limit);
            shown.AddRange(page.GetProperty("items").EnumerateArray().Select(task => task.GetProperty("id").GetString()!));
            cursor = page.GetProperty("nextCursor").GetString();
            grains.Reader.Put(Records.New());
        }
        while (cursor is not null);

        Assert.Equal(tasks.Select(task => task.Id.ToString()).Reverse(), shown);
    }

    [Fact]
    public async Task List_OrderOfTooManyTasks_IsRefused()
    {
        grains.Reader.Ordered = null;
        (await gateway.Get("/api/v1/tasks?sort=-took")).Problem(422, "too-many-to-sort");
        grains.Reader.Ordered = [];
        Assert.Equal("""{"items":[],"nextCursor":null}""", (await gateway.Get("/api/v1/tasks?sort=-took")).Text);
    }

    [Fact]
    public async Task List_Filters_ReachTheReader()
    {
        var reply = await gateway.Get(
            "/api/v1/tasks?state=failed&queue=q&node=w1&label=a=1&label=b/c=&name=n%20m&createdAfter=2026-11-05T09:30:00Z&createdBefore=2026-11-05T10:30:00%2B01:00");
        Assert.Equal("""{"items":[],"nextCursor":null}""", reply.Text);
        var filter = grains.Reader.LastFilter!;
        Assert.Equal(
            (TaskState.Failed, "q", "w1", "n m", 1_793_871_000_000, 1_793_871_000_000),
            (filter.State, filter.Queue, filter.Node, filter.Name, filter.CreatedAfter, filter.CreatedBefore));
        Assert.Equal([new Label("a", "1"), new Label("b/c", "")], filter.Labels);
    }

    [Fact]
    public async Task Summarize_Filter_CountsByTextKeys()
    {
        grains.Reader.Put(Records.New(TaskState.Succeeded) with { Node = "w1" });
        grains.Reader.Put(Records.New(TaskState.Failed) with { Node = "w1", ExitCode = 3 });
        grains.Reader.Put(Records.New());
        var reply = await gateway.Get("/api/v1/tasks/summary");
        Assert.Equal("""{"total":3,"byState":{"queued":1,"succeeded":1,"failed":1},"byNode":{"w1":2},"byExitCode":{"0":1,"3":1}}""",
            reply.Text);
    }

    [Fact]
    public async Task Cancel_OpenTask_Is202WithTheTask()
    {
        var task = Records.New();
        grains.Reader.Put(task);
        grains.Default.OnCancel = ids =>
        {
            grains.Reader.Put(task with { State = TaskState.Cancelled, CancelRequestedAt = 5 });
            return Task.FromResult<ImmutableArray<ControlOutcome>>([ControlOutcome.Changed]);
        };
        var reply = await gateway.Post($"/api/v1/tasks/{task.Id}/cancel");
        Assert.Equal(202, reply.Status);
        Assert.Equal("cancelled", reply.Json.GetProperty("state").GetString());
        Assert.Equal("1970-01-01T00:00:00.005Z", reply.Json.GetProperty("cancelRequestedAt").GetString());
    }

    [Fact]
    public async Task Cancel_TaskThatEndsMeanwhile_Is409()
    {
        var task = Records.New();
        grains.Reader.Put(task);
        grains.Default.OnCancel = ids =>
        {
            grains.Reader.Put(task with { State = TaskState.Succeeded });
            return Task.FromResult<ImmutableArray<ControlOutcome>>([ControlOutcome.NotOpen]);
        };
        (await gateway.Post($"/api/v1/tasks/{task.Id}/cancel")).Problem(409, "task-finished");
    }

    [Fact]
    public async Task Retry_LostAnswerOfTheFirstCall_Is202()
    {
        var task = Records.New(TaskState.Failed);
        grains.Reader.Put(task);
        var calls = 0;
        grains.Default.OnRetry = ids =>
        {
            grains.Reader.Put(task with { State = TaskState.Queued });
            return calls++ == 0 ? throw new TimeoutException() : Task.FromResult<ImmutableArray<ControlOutcome>>([ControlOutcome.NotRetryable]);
        };
        var reply = await gateway.Post($"/api/v1/tasks/{task.Id}/retry");
        Assert.Equal(202, reply.Status);
        Assert.Equal("queued", reply.Json.GetProperty("state").GetString());
    }

    [Fact]
    public async Task BulkCancel_Filter_CountsAllAndChangesOpenOnes()
    {
        for (var i = 0; i < 1_500; i++)
            grains.Reader.Put(Records.New(i % 3 == 0 ? TaskState.Succeeded : TaskState.Queued));
        var cancelled = new List<TaskId>();
        grains.Default.OnCancel = ids =>
        {
            cancelled.AddRange(ids);
            return Task.FromResult<ImmutableArray<ControlOutcome>>([.. ids.Select((_, i) => i == 0 ? ControlOutcome.NotOpen : ControlOutcome.Changed)]);
        };
        var reply = await gateway.Post("/api/v1/tasks/cancel?queue=default");
        Assert.Equal(202, reply.Status);
        Assert.Equal((1500, 998), (
            reply.Json.GetProperty("matched").GetInt32(), reply.Json.GetProperty("changed").GetInt32()));
        Assert.Equal(1_000, cancelled.Distinct().Count());
    }

    [Fact]
    public async Task BulkRetry_Filter_ChangesFailedAndCancelledOnes()
    {
        foreach (var state in TaskStates.All)
            grains.Reader.Put(Records.New(state));
        var reply = await gateway.Post("/api/v1/tasks/retry?name=x");
        Assert.Equal((7, 2), (
            reply.Json.GetProperty("matched").GetInt32(), reply.Json.GetProperty("changed").GetInt32()));
    }

    [Fact]
    public async Task Why_TheNodeThatFitsIsDraining_NamesIt()
    {
        var task = Records.New() with { Spec = """{"cmd":"x","requires":{"gpu":"a100"}}"""u8.ToArray() };
        grains.Reader.Put(task);
        grains.Default.Reasons = new WhyReply([new WaitReason("no-matching-node", "No node has it.")], null);
        grains.Fleet.Nodes =
        [
            new NodeView("w1", NodeState.Draining, 1, 0, [], "", "", 0, 0, 0, Limits.None),
            new NodeView("w2", NodeState.Draining, 1, 0, [new Label("gpu", "a100")], "", "", 0, 0, 0, Limits.None),
        ];

        var reason = (await gateway.Get($"/api/v1/tasks/{task.Id}/why")).Json.GetProperty("reasons")[0];

        Assert.Equal(
            "No node has it. w2 could, but is draining; to resume: otask node resume w2.",
            reason.GetProperty("detail").GetString());
    }

    [Fact]
    public async Task Why_WaitingTask_HasReasons()
    {
        var task = Records.New();
        grains.Reader.Put(task);
        Assert.Equal(
            """{"reasons":[{"code":"no-free-slot","detail":"Every slot is taken."}],"estimatedStart":"2027-01-15T08:00:00.000Z","estimatedRange":null,"confidence":"exact"}""",
            (await gateway.Get($"/api/v1/tasks/{task.Id}/why")).Text);
        grains.Reader.Put(task with { State = TaskState.Running });
        Assert.Equal("""{"reasons":[],"estimatedStart":null,"estimatedRange":null,"confidence":null}""", (await gateway.Get($"/api/v1/tasks/{task.Id}/why")).Text);
    }

    [Fact]
    public async Task Attempts_Task_HasItsFigures()
    {
        var task = Records.New(TaskState.Succeeded);
        grains.Reader.Put(task);
        var item = (await gateway.Get($"/api/v1/tasks/{task.Id}/attempts")).Json.GetProperty("items")[0];
        Assert.Equal(
            ["attempt", "node", "state", "reason", "exitCode", "signal", "startedAt", "endedAt", "maxRssBytes", "cpuTime"],
            item.EnumerateObject().Select(field => field.Name));
        Assert.Equal("12.5ms", item.GetProperty("cpuTime").GetString());
        Assert.Equal("exit", item.GetProperty("reason").GetString());
    }

    [Fact]
    public async Task Get_TailWithInvalidBytes_IsText()
    {
        var task = Records.New(TaskState.Succeeded) with { Tail = new byte[] { (byte)'a', 0xff, (byte)'b' } };
        grains.Reader.Put(task);
        var reply = await gateway.Get($"/api/v1/tasks/{task.Id}");
        Assert.Equal("a\uFFFDb", reply.Json.GetProperty("output").GetProperty("tail").GetString());
    }

    [Fact]
    public async Task Head_Task_HasNoBody()
    {
        var task = Records.New();
        grains.Reader.Put(task);
        var reply = await gateway.Send(HttpMethod.Head, $"/api/v1/tasks/{task.Id}");
        Assert.Equal(200, reply.Status);
        Assert.Empty(reply.Body);
        Assert.NotEqual("0", reply.Headers["Content-Length"]);
    }
}
