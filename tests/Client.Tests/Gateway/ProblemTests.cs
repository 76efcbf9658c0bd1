using System.Collections.Immutable;
using System.Text.Json;
using Orleans.Runtime.Messaging;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Tests.Gateway;

/// <summary>Every row of the contract's status table that is the gateway's own, provoked over HTTP.</summary>
public sealed class ProblemTests : IAsyncLifetime
{
    private const string Valid = """{"cmd":"touch /tmp/hello"}""";
    private readonly ScriptedGrains grains = new();
    private GatewayHost gateway = null!;

    public async ValueTask InitializeAsync() => gateway = await GatewayHost.Start(grains);

    public ValueTask DisposeAsync() => gateway.DisposeAsync();

    [Theory]
    [InlineData("{")]
    [InlineData("")]
    [InlineData("""{"cmd":"x","cmd":"y"}""")]
    public async Task Submit_WhatIsNoJson_Is400(string body) =>
        (await gateway.Post("/api/v1/tasks", body)).Problem(400, "malformed-json");

    [Fact]
    public async Task Submit_BytesThatAreNotUtf8_Is400()
    {
        using var content = new ByteArrayContent([.. "{\"cmd\":\""u8, 0xc3, 0x28, .. "\"}"u8]);
        content.Headers.TryAddWithoutValidation("Content-Type", "application/json");
        using var response = await gateway.Http.PostAsync("/tasks", content);
        (await Reply.Read(response)).Problem(400, "malformed-json");
    }

    [Theory]
    [InlineData("/api/v1/tasks?limit=0")]
    [InlineData("/api/v1/tasks?limit=1001")]
    [InlineData("/api/v1/tasks?limit=+5")]
    [InlineData("/api/v1/tasks?limit=")]
    [InlineData("/api/v1/tasks?limit=5&limit=5")]
    [InlineData("/api/v1/tasks?state=done")]
    [InlineData("/api/v1/tasks?State=failed")]
    [InlineData("/api/v1/tasks?queue=BIG")]
    [InlineData("/api/v1/tasks?label=a")]
    [InlineData("/api/v1/tasks?label=A=b")]
    [InlineData("/api/v1/tasks?createdAfter=yesterday")]
    [InlineData("/api/v1/tasks?createdBefore=2026-11-05T09:30:00+01:00")]
    [InlineData("/api/v1/tasks?nope=1")]
    [InlineData("/api/v1/tasks/summary?limit=5")]
    [InlineData("/api/v1/tasks/018f0000-0000-7000-8000-000000000000?wait=61s")]
    [InlineData("/api/v1/tasks/018f0000-0000-7000-8000-000000000000?wait=5")]
    [InlineData("/api/v1/tasks/018f0000-0000-7000-8000-000000000000?wait")]
    [InlineData("/api/v1/tasks/018f0000-0000-7000-8000-000000000000/attempts?limit=1")]
    [InlineData("/api/v1/tasks?name=%FF")]
    [InlineData("/api/v1/tasks/018f0000-0000-7000-8000-000000000000/logs?follow=yes")]
    public async Task Read_BadQueryParameter_Is400(string path) => (await gateway.Get(path)).Problem(400, "bad-parameter");

    [Fact]
    public async Task Read_UnknownParameter_NamesANearOne() =>
        Assert.Contains("did you mean 'state'", (await gateway.Get("/api/v1/tasks?sate=x")).Text, StringComparison.Ordinal);

    [Theory]
    [InlineData("/tasks?x=1")]
    [InlineData("/api/v1/tasks/cancel")]
    [InlineData("/api/v1/tasks/retry?limit=5")]
    [InlineData("/api/v1/tasks/cancel?state=failed&cursor=x")]
    public async Task Write_BadQueryParameter_Is400(string path) => (await gateway.Post(path, Valid)).Problem(400, "bad-parameter");

    [Theory]
    [InlineData("")]
    [InlineData("a\tb")]
    public async Task Submit_BadIdempotencyKey_Is400(string key) =>
        (await gateway.Post("/tasks", Valid, ("Idempotency-Key", key))).Problem(400, "bad-parameter");

    [Fact]
    public async Task Submit_IdempotencyKey_MayHave255Characters()
    {
        Assert.Equal(202, (await gateway.Post("/tasks", Valid, ("Idempotency-Key", new string('k', 255)))).Status);
        (await gateway.Post("/tasks", Valid, ("Idempotency-Key", new string('k', 256)))).Problem(400, "bad-parameter");
    }

    [Theory]
    [InlineData("x")]
    [InlineData("")]
    [InlineData("AZ-Q2ZKCcACAAAAAAAAAAAAAAAA")]
    [InlineData("2026-11-05T09%3A30%3A00Z%3B~~~~~~")] // As long as one of ours, in another alphabet.
    public async Task List_CursorOfSomebodyElse_Is400(string cursor) =>
        (await gateway.Get($"/api/v1/tasks?cursor={cursor}")).Problem(400, "bad-cursor");

    [Theory]
    [InlineData("/api/v1/nothing")]
    [InlineData("/")]
    [InlineData("/api/v1/tasks/018f0000-0000-7000-8000-000000000000")]
    [InlineData("/api/v1/tasks/nonsense")]
    [InlineData("/api/v1/tasks/018f0000-0000-7000-8000-000000000000/why")]
    [InlineData("/api/v1/tasks/018f0000-0000-7000-8000-000000000000/attempts")]
    [InlineData("/api/v1/tasks/018f0000-0000-7000-8000-000000000000/output/stdout")]
    [InlineData("/api/v1/tasks/018f0000-0000-7000-8000-000000000000/attempts/1/output/stdout")]
    [InlineData("/api/v1/batches/018f0000-0000-7000-8000-000000000000")]
    [InlineData("/api/v1/tasks/018f0000-0000-7000-8000-000000000000/logs")]
    public async Task Read_WhatIsNotThere_Is404(string path) => (await gateway.Get(path)).Problem(404, "not-found");

    [Theory]
    [InlineData("/api/v1/tasks/018f0000-0000-7000-8000-000000000000/cancel")]
    [InlineData("/api/v1/tasks/018f0000-0000-7000-8000-000000000000/retry")]
    public async Task Write_WhatIsNotThere_Is404(string path) => (await gateway.Post(path)).Problem(404, "not-found");

    [Theory]
    [InlineData("GET", "/tasks", "POST")]
    [InlineData("DELETE", "/api/v1/tasks", "GET, HEAD, POST")]
    [InlineData("POST", "/api/v1/tasks/summary", "GET, HEAD")]
    public async Task Call_MethodThatTheResourceHasNot_Is405(string method, string path, string allow)
    {
        var reply = await gateway.Send(new HttpMethod(method), path);
        reply.Problem(405, "method-not-allowed");
        Assert.Equal(allow.Split(", ").Order(), reply.Headers["Allow"].Split(", ").Order());
    }

    [Theory]
    [InlineData("text/html", 406)]
    [InlineData("application/json;q=0", 406)]
    [InlineData("application/*;q=0, */*", 406)]
    [InlineData("application/json", 200)]
    [InlineData("text/html, application/*;q=0.1", 200)]
    [InlineData("text/html, */*;q=0.1", 200)]
    [InlineData("APPLICATION/JSON; charset=utf-8", 200)]
    public async Task Read_AcceptHeader_DecidesWhetherThereIsAnAnswer(string accept, int status)
    {
        var reply = await gateway.Get("/api/v1/tasks", ("Accept", accept));
        if (status == 406)
            reply.Problem(406, "not-acceptable");
        Assert.Equal(status, reply.Status);
    }

    [Theory]
    [InlineData("/tasks", """{"cmd":"x","retry":{"backoff":"soon"}}""", "retry.backoff")]
    [InlineData("/api/v1/tasks", """{"cmd":5}""", "cmd")]
    [InlineData("/api/v1/tasks/batch", """{"tasks":[{"cmd":"x"},{"cmd":""}]}""", "tasks[1].cmd")]
    public async Task Submit_ValueThatIsNotAllowed_Is422AndNamed(string path, string body, string field)
    {
        var json = (await gateway.Post(path, body)).Problem(422, "invalid-task");
        Assert.Equal(JsonValueKind.Array, json.GetProperty("errors").GetProperty(field).ValueKind);
    }

    [Fact]
    public async Task Submit_KeyThatCameWithAnotherBody_Is422()
    {
        grains.Default.OnSubmit = _ => Replies(new SubmitReply(SubmitOutcome.KeyReused));
        (await gateway.Post("/tasks", Valid, ("Idempotency-Key", "k"))).Problem(422, "idempotency-key-reuse");
    }

    [Fact]
    public async Task Submit_KeyInFlight_Is409()
    {
        var arrived = new TaskCompletionSource();
        var release = new TaskCompletionSource();
        grains.Default.OnSubmit = async requests =>
        {
            arrived.TrySetResult();
            await release.Task;
            return grains.Default.Accept(requests);
        };
        var first = gateway.Post("/tasks", Valid, ("Idempotency-Key", "k"));
        await arrived.Task;
        (await gateway.Post("/tasks", Valid, ("Idempotency-Key", "k"))).Problem(409, "in-flight");
        release.SetResult();
        Assert.Equal(202, (await first).Status);
        Assert.Equal(202, (await gateway.Post("/tasks", Valid, ("Idempotency-Key", "k"))).Status);
    }

    [Fact]
    public async Task Submit_FullQueue_Is429()
    {
        grains.Default.OnSubmit = _ => Replies(new SubmitReply(SubmitOutcome.QueueFull, default, 2_500));
        var reply = await gateway.Post("/tasks", Valid);
        reply.Problem(429, "queue-full");
        Assert.Equal("3", reply.Headers["Retry-After"]);
    }

    [Fact]
    public async Task Submit_StoreRefusesItForGood_Is500AndIsNotRepeated()
    {
        grains.Default.OnSubmit = _ => Replies(new SubmitReply(SubmitOutcome.Refused));
        (await gateway.Post("/tasks", Valid)).Problem(500, "store-refused");
        Assert.Single(grains.Default.Submitted);
    }

    [Fact]
    public async Task Submit_StoreOutOfReach_Is503()
    {
        grains.Default.OnSubmit = _ => throw new StoreUnavailableException();
        var reply = await gateway.Post("/tasks", Valid);
        reply.Problem(503, "store-unavailable");
        Assert.Equal("1", reply.Headers["Retry-After"]);
        Assert.Single(grains.Default.Submitted);
    }

    [Fact]
    public async Task Read_StoreOutOfReach_Is503()
    {
        grains.Reader.OnRead = () => throw new StoreUnavailableException();
        (await gateway.Get("/api/v1/tasks")).Problem(503, "store-unavailable");
    }

    [Theory]
    [InlineData(typeof(SiloUnavailableException))]
    [InlineData(typeof(ConnectionFailedException))]
    [InlineData(typeof(TimeoutException))]
    public async Task Read_ClusterOutOfReach_Is503(Type fault)
    {
        grains.Reader.OnRead = () => throw (Exception)Activator.CreateInstance(fault, "gone")!;
        (await gateway.Get("/api/v1/tasks")).Problem(503, "not-ready");
    }

    [Fact]
    public async Task Read_OurFault_Is500WithoutItsWords()
    {
        grains.Reader.OnRead = () => throw new InvalidOperationException("secret of /srv/data");
        var reply = await gateway.Get("/api/v1/tasks");
        reply.Problem(500, "internal-error");
        Assert.DoesNotContain("secret", reply.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Submit_OutcomeUnknownTwice_Is504(bool isTimeout)
    {
        grains.Default.OnSubmit = _ => throw (isTimeout ? new TimeoutException() : new OutcomeUnknownException());
        (await gateway.Post("/tasks", Valid)).Problem(504, "outcome-unknown");
        Assert.Equal([false, true], grains.Default.Submitted.Select(requests => requests[0].Repeated));
        Assert.Equal(grains.Default.Submitted[0][0].Tasks[0].Id, grains.Default.Submitted[1][0].Tasks[0].Id);
    }

    [Fact]
    public async Task Submit_OutcomeUnknownThenStoreOutOfReach_Is504()
    {
        grains.Default.OnSubmit = requests => throw (requests[0].Repeated ? new StoreUnavailableException() : new TimeoutException());
        (await gateway.Post("/tasks", Valid)).Problem(504, "outcome-unknown");
    }

    [Fact]
    public async Task Submit_OutcomeUnknownOnce_IsAccepted()
    {
        grains.Default.OnSubmit = requests => requests[0].Repeated
            ? Task.FromResult(grains.Default.Accept(requests))
            : throw new OutcomeUnknownException();
        Assert.Equal(202, (await gateway.Post("/tasks", Valid)).Status);
    }

    [Fact]
    public async Task Cancel_OutcomeUnknownTwice_Is504()
    {
        var task = Records.New();
        grains.Reader.Put(task);
        grains.Default.OnCancel = _ => throw new OutcomeUnknownException();
        (await gateway.Post($"/api/v1/tasks/{task.Id}/cancel")).Problem(504, "outcome-unknown");
    }

    [Fact]
    public async Task Cancel_TaskThatHasEnded_Is409()
    {
        var task = Records.New(TaskState.Succeeded);
        grains.Reader.Put(task);
        (await gateway.Post($"/api/v1/tasks/{task.Id}/cancel")).Problem(409, "task-finished");
    }

    [Theory]
    [InlineData(TaskState.Succeeded)]
    [InlineData(TaskState.Queued)]
    [InlineData(TaskState.Running)]
    public async Task Retry_TaskThatDidNotFail_Is409(TaskState state)
    {
        var task = Records.New(state);
        grains.Reader.Put(task);
        (await gateway.Post($"/api/v1/tasks/{task.Id}/retry")).Problem(409, "not-retryable");
    }

    [Theory]
    [InlineData(ControlOutcome.SecretsGone, 409, "not-retryable")]
    [InlineData(ControlOutcome.QueueFull, 429, "queue-full")]
    public async Task Retry_RefusedByTheDispatcher_IsTold(ControlOutcome outcome, int status, string code)
    {
        var task = Records.New(TaskState.Failed);
        grains.Reader.Put(task);
        grains.Default.OnRetry = _ => Task.FromResult<ImmutableArray<ControlOutcome>>([outcome]);
        (await gateway.Post($"/api/v1/tasks/{task.Id}/retry")).Problem(status, code);
    }

    [Fact]
    public async Task Output_RangeBeyondTheEnd_Is416()
    {
        var task = Records.New(TaskState.Succeeded);
        grains.Reader.Put(task);
        grains.Reader.Write(task.Id, 1, OutputStream.Stdout, "hello"u8.ToArray());
        var reply = await gateway.Get($"/api/v1/tasks/{task.Id}/output/stdout", ("Range", "bytes=5-"));
        reply.Problem(416, "range-not-satisfiable");
        Assert.Equal("bytes */5", reply.Headers["Content-Range"]);
    }

    [Theory]
    [InlineData("POST /tasks HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFFF\r\n")]
    [InlineData("POST /tasks HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n7FFFFFFFFFFFFFFFF\r\n{}")]
    [InlineData("POST /tasks HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n")]
    [InlineData("POST /tasks HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: x\r\n\r\n{}")]
    [InlineData("GET / HTTP/1.1\r\n\r\n")]
    [InlineData("nonsense\r\n\r\n")]
    public async Task Call_WhatIsNotHttp_Is400(string request)
    {
        var text = await gateway.SendRaw(request);
        Assert.StartsWith("HTTP/1.1 400 ", text, StringComparison.Ordinal);
        Assert.Contains("application/problem+json", text, StringComparison.Ordinal);
        Assert.Contains("\"code\":\"bad-request\"", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Call_WhatIsNotHttpAfterAProperRequest_Is400WithAProblem()
    {
        var text = await gateway.SendRaw("GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\nnonsense\r\n\r\n");

        Assert.StartsWith("HTTP/1.1 404 ", text, StringComparison.Ordinal);
        var second = text[text.IndexOf("HTTP/1.1 400 ", StringComparison.Ordinal)..];
        Assert.Contains("application/problem+json", second, StringComparison.Ordinal);
        Assert.Contains("\"code\":\"bad-request\"", second, StringComparison.Ordinal);
    }

    private static Task<ImmutableArray<SubmitReply>> Replies(SubmitReply reply) =>
        Task.FromResult<ImmutableArray<SubmitReply>>([reply]);
}
