using System.Globalization;
using System.Text.Json;
using OrleansTasks.Client.Tests.Gateway;

namespace OrleansTasks.Client.Tests.Service;

/// <summary>What jobs show of their course over HTTP, through the real silo, store and worker.</summary>
public sealed class JobInsightTests(RunningService service) : IClassFixture<RunningService>
{
    private const string Jobs = "/api/v1/jobs";
    private readonly ServiceClient client = service.Client;

    [Fact]
    public async Task Chunks_OfAnEndedJob_AreListedPageByPageEachOnce()
    {
        var id = await Ended("""{"source":{"range":{"from":5,"to":25}},"process":{"builtin":"square"},"chunkSize":1,"aggregate":[{"op":"sum"}]}""");
        var (seen, cursor, took) = (new List<long>(), "", TimeSpan.MaxValue);
        while (true)
        {
            var page = (await client.Get($"{Jobs}/{id}/chunks?sort=-took&limit=7{cursor}")).Json;
            foreach (var chunk in page.GetProperty("items").EnumerateArray())
            {
                var no = chunk.GetProperty("no").GetInt64();
                seen.Add(no);
                Assert.Equal(
                    ["no", "state", "node", "attempt", "items", "took", "first", "length", "endedAt", "secondRunOn"],
                    chunk.EnumerateObject().Select(static field => field.Name));
                Assert.Equal(
                    ("folded", 1, 1, no + 4, 1),
                    (chunk.GetProperty("state").GetString(), chunk.GetProperty("attempt").GetInt32(), chunk.GetProperty("items").GetInt64(),
                        chunk.GetProperty("first").GetInt64(), chunk.GetProperty("length").GetInt64()));
                Assert.NotEqual(JsonValueKind.Null, chunk.GetProperty("node").ValueKind);
                Assert.True(TookOf(chunk) <= took);
                took = TookOf(chunk);
            }

            if (page.GetProperty("nextCursor").GetString() is not { } next)
                break;
            cursor = $"&cursor={next}";
        }

        Assert.Equal(Enumerable.Range(1, 20).Select(static no => (long)no), seen.Order());
        var byNo = (await client.Get($"{Jobs}/{id}/chunks?sort=no&limit=3")).Json.GetProperty("items").EnumerateArray();
        Assert.Equal([1L, 2, 3], byNo.Select(static chunk => chunk.GetProperty("no").GetInt64()));
        Assert.Equal(0, (await client.Get($"{Jobs}/{id}/chunks?state=failed")).Json.GetProperty("items").GetArrayLength());
    }

    [Fact]
    public async Task StatsCoverageHistory_OfAnEndedJob_TellAllOfIt()
    {
        var id = await Ended("""{"source":{"range":{"from":0,"to":1000}},"process":{"builtin":"identity"},"chunkSize":50,"aggregate":[{"as":"t","op":"sum"},{"op":"groupCount"}]}""");
        var stats = (await client.Get($"{Jobs}/{id}/stats")).Json;
        Assert.Equal(
            ["stages", "heldBackBy", "chunkTook", "skew", "gain", "stragglers"], stats.EnumerateObject().Select(static field => field.Name));
        Assert.Equal(
            [("source", 1000, 1000), ("process", 1000, 1000)],
            stats.GetProperty("stages").EnumerateArray().Select(static stage => (
                stage.GetProperty("name").GetString(), stage.GetProperty("done").GetInt32(), stage.GetProperty("total").GetInt32())));
        Assert.Equal(("nothing", 20, 1), (
            stats.GetProperty("heldBackBy").GetString(), stats.GetProperty("chunkTook").GetProperty("count").GetInt32(),
            stats.GetProperty("skew").GetDouble()));
        Assert.Equal("""[["folded",250]]""", (await client.Get($"{Jobs}/{id}/coverage?cells=250")).Text);
        Assert.Equal("""[["folded",100]]""", (await client.Get($"{Jobs}/{id}/coverage")).Text);
        var last = (await client.Get($"{Jobs}/{id}/history")).Json.GetProperty("points").EnumerateArray().Last();
        Assert.Equal((1000, """{"t":499500}"""), (last.GetProperty("items").GetInt32(), last.GetProperty("aggregate").GetRawText()));
    }

    [Fact]
    public async Task Coverage_OfAStreamThatWaits_IsWhatWasRead_AndItsSourceHoldsItBack()
    {
        var submitted = await client.Post(Jobs, """{"source":{"stream":{}},"process":{"builtin":"identity"},"aggregate":[{"op":"count"}]}""");
        var id = TaskLifeTests.Text(submitted.Json, "id");
        Assert.Equal("""[["unread",10]]""", (await client.Get($"{Jobs}/{id}/coverage?cells=10")).Text);
        Assert.Equal("source", (await client.Get($"{Jobs}/{id}/stats")).Json.GetProperty("heldBackBy").GetString());
        Assert.Equal("""{"points":[]}""", (await client.Get($"{Jobs}/{id}/history")).Text);
        Assert.Equal(202, (await client.Post($"{Jobs}/{id}/cancel")).Status);
    }

    [Theory]
    [InlineData("chunks?state=done")]
    [InlineData("chunks?sort=took")]
    [InlineData("chunks?limit=1001")]
    [InlineData("chunks?cursor=x")]
    [InlineData("coverage?cells=0")]
    [InlineData("coverage?cells=1001")]
    [InlineData("stats?x=1")]
    public async Task BadParameter_IsRefused(string call) =>
        Assert.Equal(400, (await client.Get($"{Jobs}/019f5a2c-7d10-7c3a-8b00-0342ab12cd34/{call}")).Status);

    [Theory]
    [InlineData("stats")]
    [InlineData("chunks")]
    [InlineData("coverage")]
    [InlineData("history")]
    public async Task NoJob_IsNotFound(string call)
    {
        Assert.Equal(404, (await client.Get($"{Jobs}/019f5a2c-7d10-7c3a-8b00-0342ab12cd34/{call}")).Status);
        Assert.Equal(404, (await client.Get($"{Jobs}/none/{call}")).Status);
    }

    private static TimeSpan TookOf(JsonElement chunk) =>
        OrleansTasks.Processing.Text.Durations.TryParse(chunk.GetProperty("took").GetString(), out var took)
            ? took
            : throw new FormatException(string.Create(CultureInfo.InvariantCulture, $"{chunk} has no duration."));

    private async Task<string> Ended(string spec)
    {
        var id = TaskLifeTests.Text((await client.Post(Jobs, spec)).Json, "id")!;
        Assert.Equal("succeeded", TaskLifeTests.Text((await client.Get($"{Jobs}/{id}?wait=60s")).Json, "state"));
        return id;
    }
}
