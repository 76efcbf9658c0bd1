using System.Globalization;
using System.Text.Json;
using OrleansTasks.Client.Tests.Gateway;

namespace OrleansTasks.Client.Tests.Service;

/// <summary>Jobs that read files under an allowed folder.</summary>
public sealed class JobFileTests(RunningService service) : IClassFixture<RunningService>
{
    private const string Jobs = "/api/v1/jobs";
    private readonly ServiceClient client = service.Client;

    [Fact]
    public async Task Csv_OfManyRows_IsGroupedAndSummed()
    {
        var path = Path.Combine(service.Folder, "rows.csv");
        await File.WriteAllLinesAsync(path, Enumerable.Range(0, 300_000).Select(static i => $"city {i % 4},{i}").Prepend("city,amount"));
        var job = await Run($$"""{"source":{"file":{"path":"{{path}}","format":"csv"} },"process":{"builtin":"identity"},"aggregate":[{"as":"sums","op":"groupSum","by":"/city","value":"/amount"},{"op":"count"}]}""");
        Assert.Equal(("succeeded", 300_000, 300_000), (Text(job, "state"), Number(job, "itemsRead"), Number(job, "itemsDone")));
        var sums = string.Join(',', Enumerable.Range(0, 4).Select(static city =>
            $$"""{"key":"city {{city}}","sum":{{Enumerable.Range(0, 75_000).Sum(n => (4L * n) + city)}}}"""));
        Assert.Equal($$"""{"sums":[{{sums}}],"count":300000}""", job.GetProperty("aggregate").GetRawText());
        Assert.True(Number(job, "chunksDone") > 1);
    }

    [Fact]
    public async Task Schedule_OfAFile_ReadsItAsItIsWhenTheJobStarts()
    {
        const string Root = "/api/v1/schedules/lines";
        var path = Path.Combine(service.Folder, "later.txt");
        var made = await client.Send(HttpMethod.Put, Root, $$"""
            {"every":"366d","job":{"source":{"file":{"path":"{{path}}"} },"process":{"builtin":"identity"},"aggregate":[{"op":"count"}]} }
            """);
        Assert.Equal(201, made.Status);
        var missing = await Triggered();
        Assert.Equal(("failed", "source-failed"), (Text(missing, "state"), Text(missing, "reason")));
        await File.WriteAllTextAsync(path, "a\nb\nc\n");
        var found = await Triggered();
        Assert.Equal(
            ("succeeded", 3), (Text(found, "state"), found.GetProperty("aggregate").GetProperty("count").GetInt32()));
        await client.Send(HttpMethod.Delete, Root);

        async Task<JsonElement> Triggered()
        {
            var job = await client.Send(HttpMethod.Post, Root + "/trigger");
            return (await client.Get($"/api/v1/jobs/{Text(job.Json, "id")}?wait=60s")).Json;
        }
    }

    [Fact]
    public async Task Lines_OfAText_AreCountedAsWords()
    {
        var path = Path.Combine(service.Folder, "text.txt");
        await File.WriteAllTextAsync(path, "The cat.\nThe DOG!\r\n\nnot the end");
        var job = await Run($$"""{"source":{"file":{"path":"{{path}}"} },"process":{"builtin":"words"},"aggregate":[{"as":"top","op":"topK","k":1}]}""");
        Assert.Equal("""{"top":[{"value":"the","count":3}]}""", job.GetProperty("aggregate").GetRawText());
        Assert.Equal(4, Number(job, "itemsDone"));
    }

    [Fact]
    public async Task Ndjson_ThroughACommand_IsGivenAsJson()
    {
        var path = Path.Combine(service.Folder, "values.ndjson");
        await File.WriteAllTextAsync(path, "{\"a\": 1}\n{\"a\": 2}\n");
        var job = await Run($$"""{"source":{"file":{"path":"{{path}}","format":"ndjson"} },"process":{"chunkCommand":{"cmd":"tr -d '{}a\":'"} },"aggregate":[{"op":"sum"}]}""");
        Assert.Equal("""{"sum":3}""", job.GetProperty("aggregate").GetRawText());
    }

    [Fact]
    public async Task File_CancelledBeforeItsPartsWereProcessed_IsNotShownAsDone()
    {
        var path = Path.Combine(service.Folder, "slow.txt");
        await File.WriteAllTextAsync(path, string.Concat(Enumerable.Repeat("a line\n", 1000)));
        var reply = await client.Post(
            Jobs, $$"""{"source":{"file":{"path":"{{path}}"} },"chunkSize":20,"process":{"chunkCommand":{"cmd":"sleep 1000"} },"aggregate":[{"op":"count"}]}""");
        var job = $"{Jobs}/{Text(reply.Json, "id")}";
        await Eventually.True(() => Number(client.Get(job).GetAwaiter().GetResult().Json, "chunksRunning") > 0);
        Assert.Equal(202, (await client.Post($"{job}/cancel")).Status);
        var ended = (await client.Get($"{job}?wait=60s")).Json;
        Assert.Equal(("cancelled", 0.0), (Text(ended, "state"), ended.GetProperty("percent").GetDouble()));
    }

    [Fact]
    public async Task File_OutsideOfTheRoots_IsRefused()
    {
        var link = Path.Combine(service.Folder, "way-out");
        File.CreateSymbolicLink(link, "/etc");
        foreach (var path in (string[])["/etc/passwd", $"{service.Folder}/../../etc/passwd", $"{link}/passwd", $"{service.Folder}/none"])
        {
            var reply = await client.Post(Jobs, $$"""{"source":{"file":{"path":"{{path}}"} },"process":{"builtin":"identity"} }""");
            reply.Problem(422, "invalid-job");
            Assert.Equal("source.file.path", Assert.Single(reply.Json.GetProperty("errors").EnumerateObject()).Name);
        }
    }

    [Fact]
    public async Task Submit_PathOfTooManyBytes_IsRefusedWithTheBound()
    {
        var path = "/" + new string('é', 2_048);
        var reply = await client.Post(Jobs, $$"""{"source":{"file":{"path":"{{path}}"} },"process":{"builtin":"identity"} }""");
        reply.Problem(422, "invalid-job");
        var error = Assert.Single(reply.Json.GetProperty("errors").EnumerateObject());
        Assert.Equal("source.file.path", error.Name);
        Assert.Contains("at most 4095 bytes", error.Value.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"path":"relative"}""", "source.file.path")]
    [InlineData("""{"format":"csv"}""", "source.file.path")]
    [InlineData("""{"path":"/x","format":"xml"}""", "source.file.format")]
    public async Task Submit_FileThatMakesNoSense_NamesItsPath(string file, string path)
    {
        var reply = await client.Post(Jobs, $$"""{"source":{"file":{{file}} },"process":{"builtin":"identity"} }""");
        reply.Problem(422, "invalid-job");
        Assert.Equal(path, Assert.Single(reply.Json.GetProperty("errors").EnumerateObject()).Name);
    }

    private static string? Text(JsonElement json, string name) => TaskLifeTests.Text(json, name);

    private static long Number(JsonElement json, string name) => json.GetProperty(name).GetInt64();

    private async Task<JsonElement> Run(string spec)
    {
        var reply = await client.Post(Jobs, spec);
        Assert.True(reply.Status == 202, reply.Text);
        return (await client.Get(string.Create(CultureInfo.InvariantCulture, $"{Jobs}/{Text(reply.Json, "id")}?wait=60s"))).Json;
    }
}
