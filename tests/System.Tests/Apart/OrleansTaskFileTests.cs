using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using OrleansTasks.System.Tests.Running;
using OrleansTasks.Tests.Postgres;

namespace OrleansTasks.System.Tests.Apart;

/// <summary>Files of tasks in a cluster: PostgreSQL has the bytes, and workers reach them through any silo.</summary>
[Trait("Needs", "postgres")]
public sealed class OrleansTaskFileTests : DataFolders
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Files_OfTasks_TravelThroughEitherSilo_AndOutliveOneOfThem()
    {
        using var server = new PostgresServer();
        await using var cluster = new ClusterRig(server, In);
        await cluster.StartSilo(0);
        await cluster.StartSilo(1);
        await using var gateway = await cluster.StartGateway();
        await using var first = await WorkerProcess.Start([cluster.Workers[0]], "w0", In("w0"), "--slots", "1", "--label", "at=0");
        await using var second = await WorkerProcess.Start([cluster.Workers[1]], "w1", In("w1"), "--slots", "1", "--label", "at=1");
        var content = new byte[3_500_000];
        new Random(1).NextBytes(content);
        var name = $"sha256:{Convert.ToHexStringLower(SHA256.HashData(content))}";
        using var put = await gateway.Http.PutAsync($"/api/v1/files/{name}", new ByteArrayContent(content), Cancellation);
        Assert.Equal(201, (int)put.StatusCode);

        // Each task runs beside another silo.
        var made = await Ended(gateway, new JsonObject
        {
            ["cmd"] = "mkdir out; sha256sum < in/data > out/sum; tac in/data > out/reversed",
            ["requires"] = new JsonObject { ["at"] = "0" },
            ["files"] = new JsonArray(new JsonObject { ["path"] = "in/data", ["file"] = name }),
            ["artifacts"] = new JsonArray("out/*"),
        });
        var used = await Ended(gateway, new JsonObject
        {
            ["cmd"] = "cat parent/out/sum; tac parent/out/reversed > again",
            ["requires"] = new JsonObject { ["at"] = "1" },
            ["files"] = new JsonArray(new JsonObject { ["path"] = "parent/", ["task"] = (string)made["id"]!, ["artifacts"] = "out/**" }),
            ["artifacts"] = new JsonArray("again"),
        });

        Assert.Equal(("succeeded", "succeeded"), ((string?)made["state"], (string?)used["state"]));
        Assert.Equal($"{name["sha256:".Length..]}  -\n", (string?)used["output"]!["tail"]);
        await ClusterRig.End(cluster.Silos[0]);
        var list = JsonNode.Parse(await gateway.Http.GetStringAsync($"/api/v1/tasks/{made["id"]}/artifacts", Cancellation))!;
        Assert.Equal(["out/reversed", "out/sum"], list["items"]!.AsArray().Select(static item => (string)item!["path"]!));
        var bytes = await gateway.Http.GetByteArrayAsync($"/api/v1/tasks/{used["id"]}/artifacts/again", Cancellation);
        Assert.Equal(content.Length, bytes.Length);
        Assert.Equal(Encoding.UTF8.GetByteCount($"{name["sha256:".Length..]}  -\n"), (long)list["items"]![1]!["bytes"]!);
    }

    private static async Task<JsonNode> Ended(Service gateway, JsonObject spec)
    {
        using var answer = await gateway.Post("/api/v1/tasks", spec);
        var text = await answer.Content.ReadAsStringAsync(Cancellation);
        Assert.True((int)answer.StatusCode == 202, text);
        return await gateway.Ended((string)JsonNode.Parse(text)!["id"]!);
    }
}
