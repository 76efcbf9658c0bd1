using System.Text.Json.Nodes;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.Durability;

public sealed class FullDiskTests : DataFolders
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);

    [Theory]
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
