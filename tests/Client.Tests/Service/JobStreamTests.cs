using System.Globalization;
using System.IO.Pipelines;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using OrleansTasks.Client.Jobs;
using OrleansTasks.Client.Tasks;
using OrleansTasks.Client.Tests.Gateway;
using OrleansTasks.Jobs;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Tests.Service;

/// <summary>Jobs whose items are posted: what is accepted is on disk, and counts once.</summary>
public sealed class JobStreamTests(RunningService service) : IClassFixture<RunningService>
{
    private const string Jobs = "/api/v1/jobs";
    private readonly ServiceClient client = service.Client;

    [Fact]
    public async Task Items_PostedInPieces_AreAllProcessedOnceClosed()
    {
        var id = await Submit();
        var expected = 0L;
        for (var piece = 0; piece < 4; piece++)
        {
            var from = piece * 50_000;
            expected += Enumerable.Range(from, 50_000).Sum(static n => (long)n);
            var lines = string.Join('\n', Enumerable.Range(from, 50_000).Select(static n => n.ToString(CultureInfo.InvariantCulture)));
            // The last line of a piece may lack its line feed, and empty lines mean nothing.
            Assert.Equal((202, 50_000), await Post(id, lines + (piece % 2 == 0 ? "" : "\r\n\n")));
        }

        var open = (await client.Get($"{Jobs}/{id}")).Json;
        Assert.Equal(("running", 200_000), (TaskLifeTests.Text(open, "state"), Number(open, "itemsRead")));
        Assert.Equal(JsonValueKind.Null, open.GetProperty("percent").ValueKind);
        Assert.Equal(202, (await client.Post($"{Jobs}/{id}/close")).Status);
        var job = (await client.Get($"{Jobs}/{id}?wait=60s")).Json;
        Assert.Equal(("succeeded", 200_000), (TaskLifeTests.Text(job, "state"), Number(job, "itemsDone")));
        Assert.Equal($$"""{"sum":{{expected}}}""", job.GetProperty("aggregate").GetRawText());
    }

    [Fact]
    public async Task Items_OfEveryKind_ReachTheProcessorAsTheyAre()
    {
        var id = await Submit("""[{"as":"g","op":"groupCount"}]""");
        Assert.Equal((202, 6), await Post(id, "0\n -7 \n\"a\\u00e9\\n\"\n{ \"b\" : [ 1 , 2 ] }\ntrue\n12345678901234567890\n"));
        await client.Post($"{Jobs}/{id}/close");
        var groups = (await client.Get($"{Jobs}/{id}?wait=60s")).Json.GetProperty("aggregate").GetProperty("g");
        Assert.Equal(
            ["true", "-7", "0", "12345678901234567890", "\"aé\\n\"", "{\"b\":[1,2]}"],
            groups.EnumerateArray().Select(static group => group.GetProperty("key")).Select(static key =>
                key.ValueKind == JsonValueKind.String ? "\"" + key.GetString()!.Replace("\n", "\\n", StringComparison.Ordinal) + "\"" : key.GetRawText()));
    }

    [Theory]
    [InlineData("1\n2\nx\n4\n", 3, 2)]
    [InlineData("1\n{\"a\":1,\"a\":2}", 2, 1)]
    [InlineData("1 2\n", 1, 0)]
    public async Task Items_BadLine_IsNamedAndTheLinesBeforeItStay(string lines, int line, int accepted)
    {
        var id = await Submit();
        var reply = await Send(id, lines);
        reply.Problem(422, "invalid-item");
        Assert.Equal(accepted, Number(reply.Json, "accepted"));
        Assert.StartsWith($"Line {line}:", TaskLifeTests.Text(reply.Json, "detail"), StringComparison.Ordinal);
        Assert.Equal(accepted, Number((await client.Get($"{Jobs}/{id}")).Json, "itemsRead"));
        await client.Post($"{Jobs}/{id}/close");
        Assert.Equal(accepted, Number((await client.Get($"{Jobs}/{id}?wait=60s")).Json, "itemsDone"));
    }

    [Theory]
    [InlineData("\n")]
    [InlineData("")]
    public async Task Items_LineThatIsTooLong_Is413(string end)
    {
        var id = await Submit();
        var reply = await Send(id, "1\n\"" + new string('a', 1024 * 1024) + "\"" + end);
        reply.Problem(413, "body-too-large");
        Assert.Equal(1, Number(reply.Json, "accepted"));
        Assert.StartsWith("Line 2:", TaskLifeTests.Text(reply.Json, "detail"), StringComparison.Ordinal);
        await client.Post($"{Jobs}/{id}/cancel");
    }

    [Fact]
    public async Task Items_AfterAByteOrderMark_AreReadWithoutIt()
    {
        var id = await Submit();
        Assert.Equal((202, 2), await Post(id, "\uFEFF1\r\n2\n"));
        Assert.Equal((202, 1), await Post(id, "\uFEFF3"));
        Assert.Equal((202, 0), await Post(id, "\uFEFF"));
        (await Send(id, "4\n\uFEFF5\n")).Problem(422, "invalid-item");
        await client.Post($"{Jobs}/{id}/close");
        Assert.Equal("""{"sum":10}""", (await client.Get($"{Jobs}/{id}?wait=60s")).Json.GetProperty("aggregate").GetRawText());
    }

    [Fact]
    public async Task Items_OfManyLevels_AreRefusedWithTheBound()
    {
        var id = await Submit();
        var reply = await Send(id, new string('[', 65) + new string(']', 65));
        reply.Problem(422, "invalid-item");
        Assert.Contains("depth of 64", TaskLifeTests.Text(reply.Json, "detail"), StringComparison.Ordinal);
        await client.Post($"{Jobs}/{id}/cancel");
    }

    [Fact]
    public async Task Items_OfAJobThatTakesNone_AreRefused()
    {
        var closed = await Submit();
        Assert.Equal(202, (await client.Post($"{Jobs}/{closed}/close")).Status);
        (await Send(closed, "1\n")).Problem(409, "job-closed");
        var cancelled = await Submit();
        Assert.Equal(202, (await client.Post($"{Jobs}/{cancelled}/cancel")).Status);
        (await Send(cancelled, "1\n")).Problem(409, "job-closed");
        (await client.Post($"{Jobs}/{cancelled}/close")).Problem(409, "job-finished");

        var other = await Submit(source: """{"items":[1]}""");
        (await Send(other, "1\n")).Problem(409, "not-a-stream");
        (await client.Post($"{Jobs}/{other}/close")).Problem(409, "not-a-stream");
        (await Send("01a1f8d0-e23b-7066-b197-027c84e2e28d", "1\n")).Problem(404, "not-found");
        (await Send(await Submit(), "1\n", "application/json")).Problem(415, "unsupported-media-type");
    }

    [Fact]
    public async Task Close_AskedAgainOnceTheJobHasEnded_IsAnsweredAlike()
    {
        var id = await Submit();
        Assert.Equal(202, (await client.Post($"{Jobs}/{id}/close")).Status);
        Assert.Equal("succeeded", TaskLifeTests.Text((await client.Get($"{Jobs}/{id}?wait=60s")).Json, "state"));
        var again = await client.Post($"{Jobs}/{id}/close");
        Assert.Equal((202, "succeeded"), (again.Status, TaskLifeTests.Text(again.Json, "state")));
    }

    [Theory]
    [InlineData("application/x-ndjson; charset=iso-8859-1", null)]
    [InlineData("application/x-ndjson", "gzip")]
    public async Task Items_InAnotherEncoding_AreRefused(string type, string? encoding)
    {
        var id = await Submit();
        using var content = new ByteArrayContent("1\n"u8.ToArray());
        content.Headers.TryAddWithoutValidation("Content-Type", type);
        if (encoding is not null)
            content.Headers.ContentEncoding.Add(encoding);
        using var response = await client.Http.PostAsync($"{Jobs}/{id}/items", content);
        (await Reply.Read(response)).Problem(415, "unsupported-media-type");
        await client.Post($"{Jobs}/{id}/cancel");
    }

    [Theory]
    [InlineData("zz")]
    [InlineData("80000000")]
    [InlineData("fffffffffffffffff")]
    public async Task Items_InChunksThatAreNotHttp_Are400(string size)
    {
        var id = await Submit();
        var answer = await client.SendRaw(
            $"POST {Jobs}/{id}/items HTTP/1.1\r\nHost: {client.Http.BaseAddress!.Authority}\r\nContent-Type: application/x-ndjson\r\n"
            + $"Transfer-Encoding: chunked\r\n\r\n{size}\r\nabc", "}");
        Assert.StartsWith("HTTP/1.1 400", answer, StringComparison.Ordinal);
        await client.Post($"{Jobs}/{id}/cancel");
    }

    [Fact]
    public async Task Items_FasterThanThePace_AreHeldBackUntilACancelEndsTheUpload()
    {
        var id = await Submit(more: ""","pace":{"itemsPerSecond":100}""");
        var upload = Send(id, string.Join('\n', Enumerable.Range(0, 100_000)));
        await Eventually.True(() => Number(client.Get($"{Jobs}/{id}").GetAwaiter().GetResult().Json, "itemsDone") >= 20);
        Assert.False(upload.IsCompleted);
        Assert.Equal(202, (await client.Post($"{Jobs}/{id}/cancel")).Status);
        var reply = await Eventually.Within(upload);
        reply.Problem(409, "job-closed");
        var job = (await client.Get($"{Jobs}/{id}")).Json;
        Assert.Equal("cancelled", TaskLifeTests.Text(job, "state"));
        Assert.Equal(Number(reply.Json, "accepted"), Number(job, "itemsRead"));
        Assert.InRange(Number(job, "itemsRead"), 20, 90_000);
    }

    [Fact]
    public async Task Items_ThatComeWhileOthersAreStored_NeedNoMoreToFollowThem()
    {
        var id = await Submit(more: ""","pace":{"itemsPerSecond":2}""");
        using var lines = new PushedContent("application/x-ndjson");
        lines.Push("1\n2\n");
        var upload = client.Http.PostAsync($"{Jobs}/{id}/items", lines);
        // By the pace the second line is on its way for half a second, which a busy machine may look too late to see.
        await Eventually.True(() => ItemsRead(id) >= 1);
        lines.Push("3\n");
        await Eventually.True(() => ItemsRead(id) == 3);
        lines.End();
        using var response = await Eventually.Within(upload);
        Assert.Equal(3, Number((await Reply.Read(response)).Json, "accepted"));
    }

    [Fact]
    public async Task Items_WhoseSenderIsSilent_AreRefusedOnceTheJobIsCancelled()
    {
        var id = await Submit(more: ""","pace":{"itemsPerSecond":0.001}""");
        var head = $"POST {Jobs}/{id}/items HTTP/1.1\r\nHost: {client.Http.BaseAddress!.Authority}\r\n"
            + "Content-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n";
        var upload = client.SendRaw(head + "4\r\n1\n2\n\r\n", "}");
        await Eventually.True(() => ItemsRead(id) == 1);
        Assert.Equal(202, (await client.Post($"{Jobs}/{id}/cancel")).Status);
        var answer = await Eventually.Within(upload);
        Assert.StartsWith("HTTP/1.1 409 ", answer, StringComparison.Ordinal);
        Assert.Contains("\"accepted\":1", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Items_WhoseOutcomesAreUnknown_AreSentAgainAndCountOnce()
    {
        var id = await Submit();
        Assert.True(TaskId.TryParse(id, out var key));
        var job = new LossyJob(service.Services.GetRequiredService<GatewayGrains>().Job(key));
        var upload = new ItemUpload(job, new TaskId(7, 7), 0, isResumed: false, TimeProvider.System);
        var lines = Encoding.UTF8.GetBytes(string.Join('\n', Enumerable.Range(100_000, 100_000)));
        await upload.Run(PipeReader.Create(new MemoryStream(lines)), TestContext.Current.CancellationToken);
        Assert.Equal(100_000, upload.Accepted);
        Assert.InRange(job.Lost, 3, int.MaxValue);
        Assert.Equal(202, (await client.Post($"{Jobs}/{id}/close")).Status);
        var view = (await client.Get($"{Jobs}/{id}?wait=60s")).Json;
        Assert.Equal(("succeeded", 100_000), (TaskLifeTests.Text(view, "state"), Number(view, "itemsDone")));
        Assert.Equal("""{"sum":14999950000}""", view.GetProperty("aggregate").GetRawText());
    }

    [Fact]
    public async Task Items_SentAgainUnderTheirUpload_CountOnce()
    {
        const string Upload = "0197A2F0-4c1e-4b3a-9d52-6f1c08e4a7b1";
        var id = await Submit();
        Assert.Equal((202, 0), await Post(id, "", $"?upload={Upload}"));
        Assert.Equal((202, 3), await Post(id, "1\n2\n3\n", $"?upload={Upload}"));
        Assert.Equal((202, 5), await Post(id, "1\n2\n3\n4\n5\n", $"?upload={Upload.ToLowerInvariant()}"));
        Assert.Equal((202, 5), await Post(id, "1\n", $"?upload={Upload}"));
        Assert.Equal((202, 7), await Post(id, "5\n6\n7\n", $"?upload={Upload}&offset=4"));
        var ahead = await Send(id, "9\n", query: $"?upload={Upload}&offset=8");
        ahead.Problem(409, "offset-ahead");
        Assert.Equal(7, Number(ahead.Json, "accepted"));
        Assert.Equal((202, 2), await Post(id, "1\n2\n"));
        Assert.Equal(9, ItemsRead(id));

        await client.Post($"{Jobs}/{id}/close");
        // What was taken is taken, even if its answer was lost and the job has ended since.
        var job = (await client.Get($"{Jobs}/{id}?wait=60s")).Json;
        Assert.Equal("""{"sum":31}""", job.GetProperty("aggregate").GetRawText());
        Assert.Equal((202, 7), await Post(id, "6\n7\n", $"?upload={Upload}&offset=5"));
        (await Send(id, "8\n", query: $"?upload={Upload}&offset=7")).Problem(409, "job-closed");
    }

    [Theory]
    [InlineData("?upload=")]
    [InlineData("?upload=7")]
    [InlineData("?upload=00000000-0000-0000-0000-000000000000")]
    [InlineData("?upload=0197a2f0-4c1e-7b3a-9d52-6f1c08e4a7b1&offset=-1")]
    [InlineData("?upload=0197a2f0-4c1e-7b3a-9d52-6f1c08e4a7b1&offset=9223372036854775807")]
    [InlineData("?upload=0197a2f0-4c1e-7b3a-9d52-6f1c08e4a7b1&offset=1e3")]
    [InlineData("?offset=1")]
    [InlineData("?from=1")]
    public async Task Items_OfAnUploadThatIsNone_AreRefused(string query)
    {
        var id = await Submit();
        (await Send(id, "1\n", query: query)).Problem(400, "bad-parameter");
        await client.Post($"{Jobs}/{id}/cancel");
    }

    [Fact]
    public async Task Append_FirstBlockWhoseFirstSendingGotLost_IsTakenOnce()
    {
        var id = await Submit();
        Assert.True(TaskId.TryParse(id, out var key));
        var job = service.Services.GetRequiredService<GatewayGrains>().Job(key);
        var block = new JobBlock(new TaskId(7, 1), 0, 1, "1\n"u8.ToArray());
        Assert.Equal(new AppendReply(AppendOutcome.Taken, 1), await job.Append(block with { IsRepeat = true }));
        Assert.Equal(new AppendReply(AppendOutcome.Taken, 1), await job.Append(block));
        Assert.Equal(new AppendReply(AppendOutcome.Taken, 1), await job.Append(block with { IsRepeat = true }));
        Assert.Equal(1, (await job.Get())!.ItemsRead);
        await client.Post($"{Jobs}/{id}/cancel");
    }

    [Fact]
    public async Task Get_WhileMoreIsPostedThanCanBeStored_IsAnsweredInItsTurn()
    {
        const int Posts = 8_000;
        var id = await Submit(aggregate: """[{"op":"count"}]""");
        Assert.True(TaskId.TryParse(id, out var key));
        var job = service.Services.GetRequiredService<GatewayGrains>().Job(key);
        var posts = Enumerable.Range(0, Posts).Select(no => job.Append(new JobBlock(new TaskId(7, (ulong)no), 0, 1, "1\n"u8.ToArray()))).ToArray();
        var view = await job.Get();
        await Task.WhenAll(posts);
        Assert.InRange(view!.ItemsRead, 1, Posts - 1);
        Assert.Equal(Posts, (await job.Get())!.ItemsRead);
        await client.Post($"{Jobs}/{id}/cancel");
    }

    private long ItemsRead(string id) => Number(client.Get($"{Jobs}/{id}").GetAwaiter().GetResult().Json, "itemsRead");

    private static long Number(JsonElement json, string name) => json.GetProperty(name).GetInt64();

    private async Task<string> Submit(string aggregate = """[{"op":"sum"}]""", string source = """{"stream":{}}""", string more = "")
    {
        var reply = await client.Post(Jobs, $$"""{"source":{{source}},"process":{"builtin":"identity"},"aggregate":{{aggregate}}{{more}}}""");
        Assert.Equal(202, reply.Status);
        return TaskLifeTests.Text(reply.Json, "id")!;
    }

    private async Task<(int Status, long Accepted)> Post(string id, string lines, string query = "")
    {
        var reply = await Send(id, lines, query: query);
        return (reply.Status, Number(reply.Json, "accepted"));
    }

    private async Task<Reply> Send(string id, string lines, string type = "application/x-ndjson", string query = "")
    {
        using var content = new ByteArrayContent(Encoding.UTF8.GetBytes(lines));
        content.Headers.TryAddWithoutValidation("Content-Type", type);
        using var response = await client.Http.PostAsync($"{Jobs}/{id}/items{query}", content);
        return await Reply.Read(response);
    }

    /// <summary>A job behind a bad connection: the first call of a block gets lost on its way there, or its answer on the way back.</summary>
    private sealed class LossyJob(IJobGrain job) : IJobGrain
    {
        public int Lost { get; private set; }

        public async Task<AppendReply> Append(JobBlock block)
        {
            if (block.IsRepeat || (block.Items == 0 && Lost > 0))
                return await job.Append(block);
            if (++Lost % 3 != 0)
                await job.Append(block);
            throw new TimeoutException();
        }

        public Task<JobReply> Create(ReadOnlyMemory<byte> spec, IdempotencyEntry? idempotency) => job.Create(spec, idempotency);

        public Task<JobView?> Get() => job.Get();

        public Task<JobInsight?> Inspect(JobLook look) => job.Inspect(look);

        public Task<bool> Cancel() => job.Cancel();

        public Task<CloseOutcome> Close() => job.Close();

        public Task EnsureActive() => job.EnsureActive();

        public Task Ended(System.Collections.Immutable.ImmutableArray<EndedChunk> chunks) => job.Ended(chunks);
    }
}
