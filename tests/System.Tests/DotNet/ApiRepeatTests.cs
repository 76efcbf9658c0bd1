using System.Net;
using System.Text;
using OrleansTasks.ApiClient;

namespace OrleansTasks.System.Tests.DotNet;

/// <summary>When the client repeats a request, and when it does not.</summary>
public sealed class ApiRepeatTests
{
    private const string LogsEnd =
        "id: 1-4-0\nevent: end\ndata: {\"state\":\"succeeded\",\"attempt\":1,\"reason\":\"exit\"}\n\n";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Submit_AnswerIsLostOrRefusedForNow_IsRepeatedUnderTheSameKey()
    {
        var gateway = new ScriptedGateway(
            ScriptedGateway.Lost, ScriptedGateway.Problem(409, "in-flight", "0"), ScriptedGateway.Problem(503, "not-ready", "0"),
            ScriptedGateway.Problem(504, "outcome-unknown", "0"), ScriptedGateway.Task("queued"));
        using var client = new OrleansTasksClient(gateway.Client);

        var task = await client.Tasks.SubmitAsync(TaskSpec.Shell("true"), cancellation: Cancellation);

        Assert.Equal(("t1", TaskState.Queued), (task.Id, task.State));
        Assert.Equal(5, gateway.Requests.Count);
        Assert.Single(gateway.Requests.Select(static request => request.Key).Distinct());
        Assert.NotNull(gateway.Requests[0].Key);
    }

    [Fact]
    public async Task Submit_OwnKey_IsSent()
    {
        var gateway = new ScriptedGateway(ScriptedGateway.Task("queued"));
        using var client = new OrleansTasksClient(gateway.Client);
        await client.Tasks.SubmitAsync(TaskSpec.Shell("true"), "order-17", Cancellation);
        Assert.Equal([("POST /api/v1/tasks", "order-17", null)], gateway.Requests);
    }

    [Fact]
    public async Task Retry_AnswerIsLost_IsNotRepeated()
    {
        var gateway = new ScriptedGateway(ScriptedGateway.Lost);
        using var client = new OrleansTasksClient(gateway.Client);
        await Assert.ThrowsAsync<HttpRequestException>(() => client.Tasks.RetryAsync("t1", Cancellation));
        Assert.Single(gateway.Requests);
    }

    [Fact]
    public async Task Retry_NothingWasAccepted_IsRepeated()
    {
        var gateway = new ScriptedGateway(ScriptedGateway.Problem(429, "queue-full", "0"), ScriptedGateway.Task("queued"));
        using var client = new OrleansTasksClient(gateway.Client);
        await client.Tasks.RetryAsync("t1", Cancellation);
        Assert.Equal(2, gateway.Requests.Count);
    }

    [Fact]
    public async Task Upload_AnswerIsLostAndTheServiceIsAway_IsRepeatedUnderOneUploadAndOffset()
    {
        var gateway = new ScriptedGateway(
            ScriptedGateway.Lost, ScriptedGateway.Problem(503, "not-ready", "0"), ScriptedGateway.Json(202, """{"accepted":1}"""),
            ScriptedGateway.Problem(500, "internal-error", "0"), ScriptedGateway.Json(202, """{"accepted":1}"""),
            ScriptedGateway.Json(202, """{"accepted":2}"""));
        using var client = new OrleansTasksClient(gateway.Client);
        using var lines = new MemoryStream("1\n\n2\n"u8.ToArray());

        Assert.Equal(2, await client.Jobs.UploadLinesAsync("j1", lines, Cancellation));

        Assert.Equal(6, gateway.Requests.Count);
        Assert.Single(gateway.Requests.Select(static request => request.Call).Distinct());
        Assert.Matches("^POST /api/v1/jobs/j1/items\\?upload=[0-9a-f-]{36}&offset=0$", gateway.Requests[0].Call);
    }

    [Fact]
    public async Task Upload_ContinuedByAnotherProgram_SendsOnlyWhatTheJobLacks()
    {
        var gateway = new ScriptedGateway(
            ScriptedGateway.Json(202, """{"accepted":2}"""), ScriptedGateway.Json(202, """{"accepted":3}"""));
        using var client = new OrleansTasksClient(gateway.Client);
        var upload = Guid.Parse("0197a2f0-4c1e-7b3a-9d52-6f1c08e4a7b1");
        using var lines = new SlowLines("1\n2\n"u8.ToArray(), "3\n"u8.ToArray());

        Assert.Equal(3, await client.Jobs.UploadLinesAsync("j1", lines, upload, Cancellation));

        Assert.Equal(
            [$"POST /api/v1/jobs/j1/items?upload={upload}&offset=0", $"POST /api/v1/jobs/j1/items?upload={upload}&offset=2"],
            gateway.Requests.Select(static request => request.Call));
    }

    [Theory]
    [InlineData(422, "invalid-item")]
    [InlineData(409, "job-closed")]
    public async Task Upload_Refused_IsNotRepeated(int status, string code)
    {
        var gateway = new ScriptedGateway(ScriptedGateway.Problem(status, code));
        using var client = new OrleansTasksClient(gateway.Client);
        using var lines = new MemoryStream("1\n"u8.ToArray());
        var refusal = await Assert.ThrowsAsync<OrleansTasksException>(() => client.Jobs.UploadLinesAsync("j1", lines, Cancellation));
        Assert.Equal(code, refusal.Code);
    }

    [Fact]
    public async Task Upload_ServiceStaysAway_FailsAfterItsPatience()
    {
        var gateway = new ScriptedGateway(ScriptedGateway.Problem(503, "store-unavailable", "0"));
        using var client = new OrleansTasksClient(
            gateway.Client, options: new OrleansTasksClientOptions { UploadPatience = TimeSpan.Zero });
        using var lines = new MemoryStream("1\n"u8.ToArray());
        await Assert.ThrowsAsync<OrleansTasksException>(() => client.Jobs.UploadLinesAsync("j1", lines, Cancellation));
    }

    [Fact]
    public async Task Get_RefusedEachTime_FailsAfterTheRepeats()
    {
        var gateway = new ScriptedGateway([.. Enumerable.Repeat(ScriptedGateway.Problem(503, "store-unavailable", "0"), 3)]);
        using var client = new OrleansTasksClient(gateway.Client, options: new OrleansTasksClientOptions { MaxRetries = 2 });
        var refusal = await Assert.ThrowsAsync<OrleansTasksException>(() => client.Tasks.GetAsync("t1", Cancellation));
        Assert.Equal(
            (HttpStatusCode.ServiceUnavailable, "store-unavailable", "It is store-unavailable.", TimeSpan.Zero, "abc"),
            (refusal.Status, refusal.Code, refusal.Detail, refusal.RetryAfter, refusal.TraceId));
        Assert.Equal(3, gateway.Requests.Count);
    }

    [Fact]
    public async Task Get_AskedToWaitTooLong_FailsAtOnce()
    {
        var gateway = new ScriptedGateway(ScriptedGateway.Problem(429, "too-many-queues", "60"));
        using var client = new OrleansTasksClient(gateway.Client);
        var refusal = await Assert.ThrowsAsync<OrleansTasksException>(() => client.Tasks.GetAsync("t1", Cancellation));
        Assert.Equal(TimeSpan.FromSeconds(60), refusal.RetryAfter);
    }

    [Fact]
    public async Task Refusal_OfFields_NamesThem()
    {
        var gateway = new ScriptedGateway(
            ScriptedGateway.Problem(422, "invalid-task", more: ""","errors":{"retry.backof":["there is no such field"]}"""));
        using var client = new OrleansTasksClient(gateway.Client);
        var refusal = await Assert.ThrowsAsync<OrleansTasksException>(
            () => client.Tasks.SubmitAsync(TaskSpec.Shell("true"), cancellation: Cancellation));
        Assert.Equal(["there is no such field"], refusal.Errors["retry.backof"]);
        Assert.Equal("It is invalid-task. (invalid-task)", refusal.Message);
    }

    [Fact]
    public async Task Answer_OfAnotherServer_SaysSo()
    {
        var gateway = new ScriptedGateway(ScriptedGateway.Json(404, "<html>"), ScriptedGateway.Json(200, "<html>"));
        using var client = new OrleansTasksClient(gateway.Client);
        var refusal = await Assert.ThrowsAsync<OrleansTasksException>(() => client.Tasks.GetAsync("t1", Cancellation));
        Assert.Equal((HttpStatusCode.NotFound, ""), (refusal.Status, refusal.Code));
        Assert.Contains("is this an OrleansTasks gateway?", refusal.Message, StringComparison.Ordinal);
        refusal = await Assert.ThrowsAsync<OrleansTasksException>(() => client.Tasks.GetAsync("t1", Cancellation));
        Assert.Contains("not with the JSON", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Logs_StreamBreaks_GoOnAfterTheLastEvent()
    {
        const string first = "id: 1-2-0\ndata: {\"stream\":\"stdout\",\"offset\":0,\"text\":\"a\\n\",\"attempt\":1}\n\n";
        const string second = "id: 1-4-0\ndata: {\"stream\":\"stdout\",\"offset\":2,\"text\":\"b\\n\",\"attempt\":1}\n\n";
        var gateway = new ScriptedGateway(
            ScriptedGateway.Events(first), ScriptedGateway.Problem(429, "rate-limited", "0"),
            ScriptedGateway.Events(second + LogsEnd));
        using var client = new OrleansTasksClient(gateway.Client);

        var pieces = await client.Tasks.LogsAsync("t1", follow: true, Cancellation).ToListAsync(Cancellation);

        Assert.Equal([new LogPiece(OutputStream.Stdout, 0, "a\n", 1), new LogPiece(OutputStream.Stdout, 2, "b\n", 1)], pieces);
        Assert.Equal([null, "1-2-0", "1-2-0"], gateway.Requests.Select(static request => request.LastEvent));
    }

    [Fact]
    public async Task Events_StreamBreaksBeforeTheFirst_GoOnFromItsPosition()
    {
        var gateway = new ScriptedGateway(
            ScriptedGateway.Events("id: p0\n\n"),
            ScriptedGateway.Events("id: p1\ndata: {\"type\":\"task\",\"id\":\"t1\",\"state\":\"queued\",\"attempt\":0,\"at\":\"2026-11-05T09:30:00.000Z\"}\n\n"),
            ScriptedGateway.Events("event: reset\nid: p9\ndata: {}\n\n"));
        using var client = new OrleansTasksClient(gateway.Client);

        var events = await client.Events.FollowAsync(cancellation: Cancellation).Take(2).ToListAsync(Cancellation);

        Assert.Equal(("t1", "queued", "p1", false), (events[0].Id, events[0].State, events[0].Cursor, events[0].IsReset));
        Assert.Equal(("p9", true), (events[1].Cursor, events[1].IsReset));
        Assert.Equal([null, "p0", "p1"], gateway.Requests.Select(static request => request.LastEvent));
    }

    [Fact]
    public async Task Events_StreamBreaksWithinAnEvent_GoOnAfterTheOneBefore()
    {
        const string data = "data: {\"type\":\"task\",\"id\":\"t1\",\"state\":\"queued\",\"attempt\":0,"
            + "\"at\":\"2026-11-05T09:30:00.000Z\"}\n\n";
        var gateway = new ScriptedGateway(
            ScriptedGateway.Events("id: p0\n\nid: p1\n"), ScriptedGateway.Events($"id: p1\n{data}id: p2\n"),
            ScriptedGateway.Events($"id: p2\n{data}"));
        using var client = new OrleansTasksClient(gateway.Client);

        var events = await client.Events.FollowAsync(cancellation: Cancellation).Take(2).ToListAsync(Cancellation);

        Assert.Equal(["p1", "p2"], events.Select(static happened => happened.Cursor));
        Assert.Equal([null, "p0", "p1"], gateway.Requests.Select(static request => request.LastEvent));
    }

    [Fact]
    public async Task Logs_StreamEndsAgainAndAgain_Fails()
    {
        var gateway = new ScriptedGateway([.. Enumerable.Repeat(ScriptedGateway.Events(""), 2)]);
        using var client = new OrleansTasksClient(gateway.Client, options: new OrleansTasksClientOptions { MaxRetries = 1 });
        await Assert.ThrowsAsync<HttpRequestException>(
            async () => await client.Tasks.LogsAsync("t1", follow: true, Cancellation).ToListAsync(Cancellation));
        Assert.Equal(2, gateway.Requests.Count);
    }

    [Fact]
    public async Task Logs_StreamsWithoutEventsEndOftenButEachAfterAWhile_GoOn()
    {
        var time = new AheadTime();
        var gateway = new ScriptedGateway(Late, Late, Late, ScriptedGateway.Events(LogsEnd));
        using var client = new OrleansTasksClient(
            gateway.Client, options: new OrleansTasksClientOptions { MaxRetries = 1, Time = time });

        Assert.Empty(await client.Tasks.LogsAsync("t1", follow: true, Cancellation).ToListAsync(Cancellation));

        Assert.Equal(4, gateway.Requests.Count);

        HttpResponseMessage Late(HttpRequestMessage request) => new(HttpStatusCode.OK)
        {
            RequestMessage = request, Content = new StreamContent(new LateStream(": still here\n\n", time)),
        };
    }

    /// <summary>The system's clock, set ahead.</summary>
    private sealed class AheadTime : TimeProvider
    {
        private long ahead;

        public void Advance(TimeSpan by) => Interlocked.Add(ref ahead, (long)(by.TotalSeconds * TimestampFrequency));

        public override long GetTimestamp() => base.GetTimestamp() + Volatile.Read(ref ahead);
    }

    /// <summary>Takes six seconds a read.</summary>
    private sealed class LateStream(string text, AheadTime time) : MemoryStream(Encoding.UTF8.GetBytes(text))
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            time.Advance(TimeSpan.FromSeconds(6));
            return base.ReadAsync(buffer, cancellationToken);
        }
    }

    /// <summary>Gives one piece a read.</summary>
    private sealed class SlowLines(params byte[][] pieces) : MemoryStream
    {
        private int next;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (next == pieces.Length)
                return ValueTask.FromResult(0);
            pieces[next].CopyTo(buffer);
            return ValueTask.FromResult(pieces[next++].Length);
        }
    }
}
