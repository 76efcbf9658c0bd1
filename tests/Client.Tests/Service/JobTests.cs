using System.Globalization;
using System.Numerics;
using System.Text.Json;
using OrleansTasks.Client.Tests.Gateway;

namespace OrleansTasks.Client.Tests.Service;

/// <summary>Data jobs from the POST to their aggregate, through the real silo, store and worker.</summary>
public sealed class JobTests(RunningService service) : IClassFixture<RunningService>
{
    private const string Jobs = "/api/v1/jobs";
    private readonly ServiceClient client = service.Client;

    [Fact]
    public async Task Submit_RangeOfAMillion_SumsSquaresExactly()
    {
        var job = await Run("""{"source":{"range":{"from":-5,"to":1000000}},"process":{"builtin":"square"},"aggregate":[{"as":"total","op":"sum"},{"op":"count"}]}""");
        Assert.Equal("succeeded", TaskLifeTests.Text(job, "state"));
        Assert.Equal("square", TaskLifeTests.Text(job, "name"));
        Assert.Equal("""{"total":333332833333500055,"count":1000005}""", job.GetProperty("aggregate").GetRawText());
        Assert.Equal((1_000_005, 1_000_005), (Number(job, "itemsRead"), Number(job, "itemsDone")));
        Assert.Equal((0, 0, 100), (Number(job, "itemsFailed"), Number(job, "chunksQueued"), Number(job, "percent")));
        Assert.True(job.GetProperty("complete").GetBoolean());
        var share = Assert.Single(job.GetProperty("perNode").EnumerateArray());
        Assert.Equal((1_000_005, Number(job, "chunksDone")), (Number(share, "items"), Number(share, "chunks")));
        Assert.Equal(
            [
                "id", "name", "queue", "state", "createdAt", "startedAt", "endedAt", "itemsRead", "itemsDone", "itemsFailed", "itemsSkipped",
                "chunksQueued", "chunksRunning", "chunksDone", "percent", "itemsPerSecond", "etaSeconds", "perNode", "aggregate",
                "approximate", "complete", "cancelRequestedAt", "reason", "labels",
            ],
            job.EnumerateObject().Select(static field => field.Name));
    }

    [Fact]
    public async Task Spec_IsWhatWasSubmitted_AndRunsAgain()
    {
        const string Spec = """{"name":"twice","queue":"specs","labels":{"a":"b"},"source":{"range":{"from":0,"to":10}},"process":{"builtin":"square"},"aggregate":[{"as":"s","op":"sum"}]}""";
        var job = await Run(Spec);
        Assert.Equal(("specs", "b"), (TaskLifeTests.Text(job, "queue"), TaskLifeTests.Text(job.GetProperty("labels"), "a")));
        var stored = await client.Get($"{Jobs}/{TaskLifeTests.Text(job, "id")}/spec");
        Assert.Equal(Spec, stored.Text);
        Assert.Equal("""{"s":285}""", (await Run(stored.Text)).GetProperty("aggregate").GetRawText());
        (await client.Get($"{Jobs}/01a2138a-d31c-70c2-b89b-53a58d9fc42e/spec")).Problem(404, "not-found");
    }

    [Fact]
    public async Task Spec_OfAScheduledJob_LacksWhatTheScheduleAdded()
    {
        const string Job = """{"source":{"items":[1]},"process":{"builtin":"identity"}}""";
        await client.Send(HttpMethod.Put, "/api/v1/schedules/specs", $$"""{"every":"1h","paused":true,"job":{{Job}}}""");
        var occurrence = (await client.Post("/api/v1/schedules/specs/trigger", "")).Json;
        var stored = (await client.Get($"{Jobs}/{TaskLifeTests.Text(occurrence, "id")}/spec")).Json;
        Assert.Equal(["source", "process", "labels"], stored.EnumerateObject().Select(static member => member.Name));
    }

    [Fact]
    public async Task Submit_ItemsInChunksOfOne_CoverEachOnce()
    {
        var items = string.Join(',', Enumerable.Range(0, 300));
        var job = await Run($$"""{"source":{"items":[{{items}}]},"process":{"builtin":"identity"},"chunkSize":1,"aggregate":[{"as":"s","op":"sum"},{"as":"d","op":"distinct"}]}""");
        Assert.Equal("""{"s":44850,"d":300}""", job.GetProperty("aggregate").GetRawText());
        Assert.Equal(300, Number(job, "chunksDone"));
        // Chunks are nobody's tasks.
        Assert.DoesNotContain("\"name\":\"identity\"", (await client.Get("/api/v1/tasks?limit=1000")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Submit_Nothing_SucceedsAtOnce()
    {
        var job = await Run("""{"source":{"items":[]},"process":{"builtin":"words"},"aggregate":[{"op":"sum"},{"op":"mean"},{"op":"topK"}]}""");
        Assert.Equal(("succeeded", """{"sum":0,"mean":null,"topK":[]}"""), (TaskLifeTests.Text(job, "state"), job.GetProperty("aggregate").GetRawText()));
    }

    [Fact]
    public async Task Submit_HugeIntegers_AreWrittenInFull()
    {
        const string Large = "170141183460469231731687303715884105727";
        var job = await Run($$"""{"source":{"items":[{{Large}}]},"process":{"builtin":"square"},"aggregate":[{"as":"s","op":"sum"}]}""");
        var square = BigInteger.Pow(BigInteger.Parse(Large, CultureInfo.InvariantCulture), 2);
        Assert.Equal($$"""{"s":{{square}}}""", job.GetProperty("aggregate").GetRawText());
    }

    [Fact]
    public async Task Submit_ItemWithAnError_FailsTheJobAndSaysWhich()
    {
        var job = await Run("""{"source":{"items":[1,{"a":"x"},3]},"process":{"builtin":"square"},"aggregate":[{"op":"sum"}]}""");
        Assert.Equal(("failed", "item-error"), (TaskLifeTests.Text(job, "state"), TaskLifeTests.Text(job, "reason")));
        Assert.Equal((1, 0), (Number(job, "itemsFailed"), Number(job, "itemsDone")));
        Assert.False(job.GetProperty("complete").GetBoolean());
        var failures = (await client.Get($"{Jobs}/{TaskLifeTests.Text(job, "id")}/failures")).Json.GetProperty("items");
        var failure = Assert.Single(failures.EnumerateArray());
        Assert.Equal((1, 1, "item-error"), (Number(failure, "item"), Number(failure, "attempt"), TaskLifeTests.Text(failure, "reason")));
        Assert.Equal("""{"a":"x"}""", TaskLifeTests.Text(failure, "value"));
    }

    [Fact]
    public async Task Submit_SkippingErrors_CountsThemUpToTheBound()
    {
        const string Spec = """{"source":{"items":[1,"x",3,"y"]},"process":{"builtin":"square"},"aggregate":[{"op":"sum"}],"onItemError":"skip"MORE}""";
        var job = await Run(Spec.Replace("MORE", "", StringComparison.Ordinal));
        Assert.Equal(("succeeded", 2, 2), (TaskLifeTests.Text(job, "state"), Number(job, "itemsSkipped"), Number(job, "itemsDone")));
        Assert.Equal("""{"sum":10}""", job.GetProperty("aggregate").GetRawText());
        var page = (await client.Get($"{Jobs}/{TaskLifeTests.Text(job, "id")}/failures?limit=1")).Json;
        Assert.Equal(1, Number(Assert.Single(page.GetProperty("items").EnumerateArray()), "item"));
        var next = (await client.Get($"{Jobs}/{TaskLifeTests.Text(job, "id")}/failures?limit=1&cursor={TaskLifeTests.Text(page, "nextCursor")}")).Json;
        Assert.Equal(3, Number(Assert.Single(next.GetProperty("items").EnumerateArray()), "item"));

        var bounded = await Run(Spec.Replace("MORE", ",\"maxErrors\":1", StringComparison.Ordinal));
        Assert.Equal(("failed", "too-many-errors"), (TaskLifeTests.Text(bounded, "state"), TaskLifeTests.Text(bounded, "reason")));
    }

    [Fact]
    public async Task Cancel_PacedJob_KeepsWhatWasDoneAndTakesNoMore()
    {
        var id = await Submit("""{"source":{"range":{"from":0,"to":1000}},"process":{"builtin":"identity"},"chunkSize":1,"pace":{"itemsPerSecond":50},"aggregate":[{"op":"sum"}]}""");
        await Eventually.True(() => Number(client.Get($"{Jobs}/{id}").GetAwaiter().GetResult().Json, "itemsDone") >= 5);
        var cancelled = await client.Post($"{Jobs}/{id}/cancel");
        Assert.Equal(202, cancelled.Status);
        var job = (await client.Get($"{Jobs}/{id}?wait=30s")).Json;
        Assert.Equal("cancelled", TaskLifeTests.Text(job, "state"));
        Assert.NotNull(TaskLifeTests.Text(job, "cancelRequestedAt"));
        var done = Number(job, "itemsDone");
        Assert.InRange(done, 5, 999);
        Assert.Equal((0, 0), (Number(job, "chunksQueued"), Number(job, "chunksRunning")));
        // One slot after the other may have been cut off, so the sum is of as many items, each from what was read.
        Assert.InRange(Number(job.GetProperty("aggregate"), "sum"), done * (done - 1) / 2, Number(job, "itemsRead") * Number(job, "itemsRead"));
        (await client.Post($"{Jobs}/{id}/cancel")).Problem(409, "job-finished");
        Assert.Equal(done, Number((await client.Get($"{Jobs}/{id}")).Json, "itemsDone"));
    }

    [Fact]
    public async Task Submit_SameKeyAndBody_CreatesNothingTwice()
    {
        const string Body = """{"source":{"items":[1]},"process":{"builtin":"identity"},"labels":{"kind":"once"}}""";
        var first = await client.Post(Jobs, Body, ("Idempotency-Key", "once"));
        var again = await client.Post(Jobs, Body, ("Idempotency-Key", "once"));
        Assert.Equal((202, 202), (first.Status, again.Status));
        Assert.Equal(first.Text, again.Text);
        Assert.Equal("true", again.Headers["Idempotency-Replayed"]);
        (await client.Post(Jobs, Body + " ", ("Idempotency-Key", "once"))).Problem(422, "idempotency-key-reuse");
        Assert.Single((await client.Get($"{Jobs}?label=kind=once")).Json.GetProperty("items").EnumerateArray());
    }

    [Fact]
    public async Task List_PagesNewestFirst()
    {
        var ids = new List<string>();
        for (var i = 0; i < 5; i++)
            ids.Add(await Submit($$"""{"source":{"items":[{{i}}]},"process":{"builtin":"identity"},"labels":{"kind":"listed"},"name":"job {{i}}"}"""));
        var seen = new List<string>();
        string? cursor = null;
        do
        {
            var page = (await client.Get($"{Jobs}?label=kind=listed&limit=2" + (cursor is null ? "" : "&cursor=" + cursor))).Json;
            seen.AddRange(page.GetProperty("items").EnumerateArray().Select(static job => TaskLifeTests.Text(job, "id")!));
            cursor = TaskLifeTests.Text(page, "nextCursor");
        }
        while (cursor is not null);
        ids.Reverse();
        Assert.Equal(ids, seen);
        (await client.Get($"{Jobs}?state=queued")).Problem(400, "bad-parameter");
        (await client.Get($"{Jobs}/{ids[0][..^1]}x")).Problem(404, "not-found");
    }

    [Fact]
    public async Task Collect_InTheSourcesOrder_GivesEveryResult()
    {
        var job = await Run("""{"source":{"range":{"from":0,"to":5000}},"process":{"builtin":"square"},"chunkSize":7,"order":"source","aggregate":[{"as":"all","op":"collect"},{"op":"count"}]}""");
        Assert.Equal("""{"all":5000,"count":5000}""", job.GetProperty("aggregate").GetRawText());
        var results = await client.Get($"{Jobs}/{TaskLifeTests.Text(job, "id")}/results");
        Assert.Equal((200, "application/x-ndjson"), (results.Status, results.Headers["Content-Type"]));
        Assert.Equal(
            Enumerable.Range(0, 5000).Select(static n => (n * n).ToString(CultureInfo.InvariantCulture)),
            results.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public async Task Collect_ResultsOfEveryKind_AreLinesOfJson()
    {
        var job = await Run("""{"source":{"items":["a\nb",{"x": [1.50, null]},12345678901234567890,true]},"process":{"builtin":"identity"},"aggregate":[{"op":"collect"}]}""");
        var results = await client.Get($"{Jobs}/{TaskLifeTests.Text(job, "id")}/results");
        Assert.Equal("\"a\\nb\"\n{\"x\":[1.50,null]}\n12345678901234567890\ntrue\n", results.Text);
        var other = await Run("""{"source":{"items":[1]},"process":{"builtin":"identity"}}""");
        (await client.Get($"{Jobs}/{TaskLifeTests.Text(other, "id")}/results")).Problem(409, "not-collected");
        (await client.Get($"{Jobs}/01a1f8d0-e23b-7066-b197-027c84e2e28d/results")).Problem(404, "not-found");
    }

    [Fact]
    public async Task Events_OfAJob_AreItsStatesOnce()
    {
        using var events = await EventReading.Open(client.Http, "/api/v1/events");
        await Eventually.True(() => service.IsSubscribed("default"));
        var id = await Submit("""{"source":{"items":[1,2]},"process":{"builtin":"identity"},"chunkSize":1}""");
        var states = new List<string?>();
        while (!states.Contains("succeeded"))
        {
            var (_, data) = (await Eventually.Within(events.Next()))!.Value;
            Assert.True(TaskLifeTests.Text(data, "type") != "task" || TaskLifeTests.Text(data, "id") != id);
            if (TaskLifeTests.Text(data, "id") != id)
                continue;
            Assert.Equal("job", TaskLifeTests.Text(data, "type"));
            Assert.False(data.TryGetProperty("attempt", out _));
            states.Add(TaskLifeTests.Text(data, "state"));
        }

        Assert.Equal(["running", "succeeded"], states);
    }

    [Theory]
    [InlineData("""{"process":{"builtin":"identity"}}""", "source")]
    [InlineData("""{"source":{"items":[]}}""", "process")]
    [InlineData("""{"source":{},"process":{"builtin":"identity"}}""", "source")]
    [InlineData("""{"source":{"range":{"from":2,"to":1}},"process":{"builtin":"identity"}}""", "source.range.to")]
    [InlineData("""{"source":{"range":{"from":0.5,"to":1}},"process":{"builtin":"identity"}}""", "source.range.from")]
    [InlineData("""{"source":{"items":[]},"process":{"builtin":"squares"}}""", "process.builtin")]
    [InlineData("""{"source":{"items":[]},"process":{"builtin":"identity","select":"/a"}}""", "process.select")]
    [InlineData("""{"source":{"items":[]},"process":{"builtin":"json","select":"a"}}""", "process.select")]
    [InlineData("""{"source":{"items":[]},"process":{"builtin":"identity"},"aggregate":[{"as":"x"}]}""", "aggregate[0].op")]
    [InlineData("""{"source":{"items":[]},"process":{"builtin":"identity"},"aggregate":[{"op":"sum"},{"op":"sum"}]}""", "aggregate[1].as")]
    [InlineData("""{"source":{"items":[]},"process":{"builtin":"identity"},"aggregate":[{"op":"count","value":"/a"}]}""", "aggregate[0].value")]
    [InlineData("""{"source":{"items":[]},"process":{"builtin":"identity"},"chunkSize":0}""", "chunkSize")]
    [InlineData("""{"source":{"items":[]},"process":{"builtin":"identity"},"chunkSize":1000001}""", "chunkSize")]
    [InlineData("""{"source":{"items":[]},"process":{"builtin":"identity"},"pace":{"itemsPerSecond":0}}""", "pace.itemsPerSecond")]
    [InlineData("""{"source":{"items":[]},"process":{"builtin":"identity"},"strategy":"random"}""", "strategy")]
    [InlineData("""{"source":{"items":[]},"process":{"builtin":"identity"},"maxErrors":1}""", "maxErrors")]
    [InlineData("""{"source":{"items":[]},"process":{"builtin":"identity"},"retry":{"maxAttempts":0}}""", "retry.maxAttempts")]
    [InlineData("""{"source":{"items":[]},"process":{"builtin":"identity"},"sauce":1}""", "sauce")]
    public async Task Submit_ValueThatIsNotAllowed_NamesItsPath(string spec, string path)
    {
        var reply = await client.Post(Jobs, spec);
        reply.Problem(422, "invalid-job");
        Assert.Equal(path, Assert.Single(reply.Json.GetProperty("errors").EnumerateObject()).Name);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("""{"source":{"items":[{"a":1,"a":2}]},"process":{"builtin":"identity"}}""")]
    public async Task Submit_MalformedJson_Is400(string spec) => (await client.Post(Jobs, spec)).Problem(400, "malformed-json");

    private static long Number(JsonElement json, string name) => json.GetProperty(name).GetInt64();

    private async Task<string> Submit(string spec)
    {
        var reply = await client.Post(Jobs, spec);
        Assert.Equal((202, "running"), (reply.Status, TaskLifeTests.Text(reply.Json, "state")));
        var id = TaskLifeTests.Text(reply.Json, "id")!;
        Assert.Equal($"{Jobs}/{id}", reply.Headers["Location"]);
        return id;
    }

    private async Task<JsonElement> Run(string spec) => (await client.Get($"{Jobs}/{await Submit(spec)}?wait=60s")).Json;
}
