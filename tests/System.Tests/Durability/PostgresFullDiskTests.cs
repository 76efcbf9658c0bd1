using System.Text.Json.Nodes;
using OrleansTasks.System.Tests.Running;
using OrleansTasks.Tests.Postgres;

namespace OrleansTasks.System.Tests.Durability;

/// <summary>The disk on which PostgreSQL has the files is full, and nothing else is.</summary>
[Trait("Needs", "postgres")]
public sealed class PostgresFullDiskTests : DataFolders
{
    private const int DiskMebibytes = 48;
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    [Trait("Needs", "mounts")]
    public async Task Upload_WithoutRoom_IsRefused_LeavesNothing_AndItsSpaceIsFreeAgain()
    {
        // The database's own user must reach it.
        var folder = Path.Combine(Path.GetTempPath(), "otask-disk-" + Path.GetRandomFileName());
        try
        {
            using var disk = SmallDisk.TryMount(folder, DiskMebibytes);
            Assert.SkipWhen(disk is null, "mounting a tmpfs is not allowed here");
            using var server = new PostgresServer();
            await using (var service = await Service.Start(
                BuiltPrograms.AllInOne,
                [
                    "--data", Data, "--http", "127.0.0.1:0", "--grpc", "127.0.0.1:0",
                    "--db", server.ConnectionString("postgres"),
                ],
                Data))
            {
                server.Execute("postgres", $"COPY (SELECT 1) TO PROGRAM 'mkdir -m 700 {disk.Path}/files'");
                server.Execute("postgres", $"CREATE TABLESPACE small LOCATION '{disk.Path}/files'");
                server.Execute("postgres", "ALTER TABLE ot.file_blocks SET TABLESPACE small");
                // An operator makes a little room first, because VACUUM needs some itself.
                var spare = Path.Combine(disk.Path, "spare");
                await File.WriteAllBytesAsync(spare, new byte[1 << 20], Cancellation);
                var (kept, large, next) = (Bytes(8), Bytes(DiskMebibytes + 20), Bytes(24));
                var (status, answer) = await Put(service, kept);
                Assert.Equal(201, status);
                var name = (string)answer["file"]!;

                (status, answer) = await Put(service, large);
                Assert.Equal((507, "file-store-full"), (status, (string?)answer["code"]));
                var list = JsonNode.Parse(await service.Http.GetStringAsync("/api/v1/files", Cancellation))!;
                Assert.Equal(name, (string?)Assert.Single(list["items"]!.AsArray())!["file"]);
                Assert.Equal(kept, await service.Http.GetByteArrayAsync($"/api/v1/files/{name}", Cancellation));
                // The refused upload's blocks are gone. PostgreSQL reuses their space after a VACUUM.
                File.Delete(spare);
                server.Execute("postgres", "VACUUM ot.file_blocks");
                Assert.Equal(201, (await Put(service, next)).Status);
                await Until.Holds(
                    "tasks are taken again", Soon, async () =>
                    {
                        using var posted = await service.Post("/api/v1/tasks", new JsonObject { ["cmd"] = "true" });
                        return (int)posted.StatusCode == 202;
                    });
            }
        }
        finally
        {
            Directory.Delete(folder);
        }
    }

    private static byte[] Bytes(int mebibytes)
    {
        var bytes = new byte[mebibytes << 20];
        new Random(mebibytes).NextBytes(bytes);
        return bytes;
    }

    private static async Task<(int Status, JsonNode Answer)> Put(Service service, byte[] bytes)
    {
        using var answer = await service.Http.PostAsync("/api/v1/files", new ByteArrayContent(bytes), Cancellation);
        return ((int)answer.StatusCode, JsonNode.Parse(await answer.Content.ReadAsStringAsync(Cancellation))!);
    }
}
