using System.Security.Cryptography;
using System.Text.Json.Nodes;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.Durability;

/// <summary>
/// An attempt fails and says why if its worker's disk has no room for inputs or artifacts, and the space is free again.
/// </summary>
public sealed class WorkerFullDiskTests : DataFolders
{
    private const int DiskMebibytes = 96;
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    [Trait("Needs", "mounts")]
    public async Task InputsAndArtifacts_WithoutRoom_FailTheAttempt_AndLeaveNothing()
    {
        using var disk = SmallDisk.TryMount(In("disk"), DiskMebibytes);
        Assert.SkipWhen(disk is null, "mounting a tmpfs is not allowed here");
        await using var service = await Service.Start(Data, "--slots", "0");
        var data = Path.Combine(disk.Path, "w1");
        await using var worker = await WorkerProcess.Start(service, "w1", data, "--slots", "1");
        var (large, small) = (await Put(service, (DiskMebibytes + 20) << 20), await Put(service, 3 << 20));
        Assert.Equal("succeeded", (string?)(await Ended(service, small, "true"))["state"]);
        var free = Free();

        var input = await Ended(service, large, "true");
        Assert.Equal(("failed", "file-unavailable"), ((string?)input["state"], (string?)input["reason"]));
        Assert.Contains("disk has no room for the inputs", (string?)input["output"]!["tail"], StringComparison.Ordinal);
        await HasItsSpace();

        // The disk has room for the file, but not for its copy as well.
        var artifact = await Ended(service, small, $"head -c {DiskMebibytes / 3 * 2}M /dev/urandom > out");
        Assert.Equal(
            ("failed", "file-unavailable", null),
            ((string?)artifact["state"], (string?)artifact["reason"], (int?)artifact["artifactCount"]));
        Assert.Contains(
            "disk has no room for copies of the artifacts", (string?)artifact["output"]!["tail"],
            StringComparison.Ordinal);
        await HasItsSpace();

        var again = await Ended(service, small, "wc -c < in > out");
        Assert.Equal(("succeeded", 1), ((string?)again["state"], (int?)again["artifactCount"]));

        Task HasItsSpace() => Until.Holds(
            "the space is free again", Soon,
            () => Task.FromResult(
                Directory.GetFiles(Path.Combine(data, "cache", "new")).Length == 0 && Free() >= free - (4 << 20)));

        long Free() => new DriveInfo(disk.Path).AvailableFreeSpace;
    }

    private static async Task<string> Put(Service service, int bytes)
    {
        var content = new byte[bytes];
        new Random(bytes).NextBytes(content);
        var name = $"sha256:{Convert.ToHexStringLower(SHA256.HashData(content))}";
        using var answer = await service.Http.PutAsync(
            $"/api/v1/files/{name}", new ByteArrayContent(content), Cancellation);
        Assert.Equal(201, (int)answer.StatusCode);
        return name;
    }

    private static async Task<JsonNode> Ended(Service service, string input, string cmd)
    {
        using var posted = await service.Post("/api/v1/tasks", new JsonObject
        {
            ["cmd"] = cmd,
            ["files"] = new JsonArray(new JsonObject { ["path"] = "in", ["file"] = input }),
            ["artifacts"] = new JsonArray(new JsonObject { ["path"] = "out", ["optional"] = true }),
        });
        var task = JsonNode.Parse(await posted.EnsureSuccessStatusCode().Content.ReadAsStringAsync(Cancellation))!;
        return await service.Ended((string)task["id"]!);
    }
}
