using System.Text.Json.Nodes;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.Durability;

public sealed class FullDiskTests : DataFolders
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);

    [Theory]
    [Trait("Needs", "mounts")]
    [InlineData(4L << 20)]
    [InlineData(0L)]
    public async Task DiskFills_SubmissionsAreRefusedUntilThereIsRoomAgain(long left)
    {
        using var disk = SmallDisk.TryMount(In("disk"), megabytes: 96);
        Assert.SkipWhen(disk is null, "mounting a tmpfs is not allowed here");
        var data = Path.Combine(disk.Path, "data");
        await using var service = await Service.Start(data);
        var first = await service.Submit("echo first");
        Assert.Equal("succeeded", (string?)(await service.Ended(first))["state"]);

        var filler = disk.FillUntil(left);
        await Until.Holds("it says that the disk is nearly full", Soon, async () =>
        {
            await Submit(service);
            var ready = await service.Http.GetAsync("/readyz");
            return (int)ready.StatusCode == 503 && (await ready.Content.ReadAsStringAsync()).Contains("nearly full", StringComparison.Ordinal);
        });
        for (var i = 0; i < 10; i++)
            Assert.Equal("store-unavailable", await Submit(service));
        Assert.Equal("succeeded", (string?)(await service.Get(first))["state"]);
        Assert.Equal(200, (int)(await service.Http.GetAsync("/livez")).StatusCode);
        var kept = await Total(service);

        File.Delete(filler);
        await Until.Holds("submissions are taken again", Soon, async () => await Submit(service) is null);
        Assert.Equal(kept + 1, await Total(service));
        await Until.Holds("it is ready again", Soon, async () => (await service.Http.GetAsync("/readyz")).IsSuccessStatusCode);
        Assert.Equal("succeeded", (string?)(await service.Ended(await service.Submit("true")))["state"]);
    }

    // Twenty seconds' worth.
    private const int Paced = 600;

    [Fact]
    [Trait("Needs", "mounts")]
    public async Task DiskFills_JobsTakeNothingNewAndGoOnWhenThereIsRoomAgain()
    {
        using var disk = SmallDisk.TryMount(In("disk"), megabytes: 96);
        Assert.SkipWhen(disk is null, "mounting a tmpfs is not allowed here");
        await using var service = await Service.Start(Path.Combine(disk.Path, "data"));
        var paced = await Job(service, "range", Paced);
        var stream = await Job(service, "stream", 0);
        Assert.Equal(202, (int)(await Items(service, stream)).StatusCode);
        await Until.Holds("the paced job has begun", Soon, async () => await Read(service, paced) > 0);

        var filler = disk.FillUntil(4L << 20);
        await Until.Holds("jobs are refused", Soon, async () => await Code(await PostJob(service, "range", 1)) == "store-unavailable");
        using var items = await Items(service, stream);
        Assert.Equal((503, "store-unavailable"), ((int)items.StatusCode, await Code(items)));
        Assert.True(items.Headers.Contains("Retry-After"));
        // A chunk may have been cut just before. Then nothing is.
        var read = 0L;
        await Until.Holds("the paced job has stopped", Soon, async () =>
        {
            var before = await Read(service, paced);
            await Task.Delay(TimeSpan.FromSeconds(1.5), TimeProvider.System, TestContext.Current.CancellationToken);
            return (read = await Read(service, paced)) == before;
        });
        Assert.InRange(read, 1, Paced - 1);

        File.Delete(filler);
        await Until.Holds("items are taken again", Soon, async () => (int)(await Items(service, stream)).StatusCode == 202);
        var ended = JsonNode.Parse(await service.Http.GetStringAsync($"/api/v1/jobs/{paced}?wait=60s", TestContext.Current.CancellationToken))!;
        Assert.Equal(("succeeded", Paced), ((string?)ended["state"], (int)ended["itemsDone"]!));
        var taken = JsonNode.Parse(await service.Http.GetStringAsync($"/api/v1/jobs/{stream}", TestContext.Current.CancellationToken))!;
        Assert.Equal(4, (int)taken["itemsRead"]!);
    }

    private static Task<HttpResponseMessage> PostJob(Service service, string source, int items) => service.Post("/api/v1/jobs", JsonNode.Parse(
        source == "stream"
            ? """{"source":{"stream":{}},"process":{"builtin":"identity"},"aggregate":[{"op":"count"}]}"""
            : $$$"""
              {"source":{"range":{"from":0,"to":{{{items}}}}},"process":{"builtin":"identity"},"chunkSize":1,
               "pace":{"itemsPerSecond":30},"aggregate":[{"op":"count"}]}
              """)!);

    private static async Task<string> Job(Service service, string source, int items)
    {
        using var posted = await PostJob(service, source, items);
        return posted.EnsureSuccessStatusCode().Headers.Location!.ToString().Split('/')[^1];
    }

    private static Task<HttpResponseMessage> Items(Service service, string job) => service.Http.PostAsync(
        $"/api/v1/jobs/{job}/items", new StringContent("1\n2\n", global::System.Text.Encoding.UTF8, "application/x-ndjson"));

    private static async Task<long> Read(Service service, string job) =>
        (long)JsonNode.Parse(await service.Http.GetStringAsync($"/api/v1/jobs/{job}"))!["itemsRead"]!;

    private static async Task<string?> Code(HttpResponseMessage response) =>
        (string?)JsonNode.Parse(await response.Content.ReadAsStringAsync())!["code"];

    // Null when it was accepted, else the problem's code.
    private static async Task<string?> Submit(Service service)
    {
        using var response = await service.Post("/api/v1/tasks", new JsonObject { ["cmd"] = "true" });
        if ((int)response.StatusCode == 202)
            return null;
        Assert.Equal(503, (int)response.StatusCode);
        Assert.True(response.Headers.Contains("Retry-After"));
        return (string?)JsonNode.Parse(await response.Content.ReadAsStringAsync())!["code"];
    }

    private static async Task<long> Total(Service service) =>
        (long)JsonNode.Parse(await service.Http.GetStringAsync("/api/v1/tasks/summary"))!["total"]!;
}
