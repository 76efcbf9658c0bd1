using System.Net;
using System.Text.Json.Nodes;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.Durability;

/// <summary>
/// Kills every process of the service in the middle of a rollout, while its workers go on. Each command writes its
/// node's name, so the commands themselves are witnesses that no node got it twice.
/// </summary>
public sealed class RolloutKillTests : DataFolders
{
    private const int Kills = 2;
    private static readonly string[] Names = ["w1", "w2", "w3", "w4"];
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Kill_InTheMiddleOfARollout_EachNodeRunsTheCommandOnce()
    {
        string[] options = ["--slots", "0", "--lease", "120s", "--http", RestartAddress.Next(), "--grpc", RestartAddress.Next()];
        var workers = new List<WorkerProcess>();
        var service = await Service.Start(Data, options);
        try
        {
            foreach (var name in Names)
                workers.Add(await WorkerProcess.Start(service, name, In(name), "--slots", "1", "--label", "role=fleet"));
            var id = await StartRollout(service);
            for (var kill = 1; kill <= Kills; kill++)
            {
                // Each time in another wave: the first node runs, then the second.
                await Until.Holds(
                    $"{kill} nodes have the command", Limit, () => Task.FromResult(Lines("began").Length >= kill));
                await service.KillAll();
                await service.DisposeAsync();
                await File.WriteAllTextAsync(In($"go{kill}"), "", Cancellation);
                service = await Service.Start(Data, options);
            }

            await File.WriteAllTextAsync(In("go3"), "", Cancellation);
            await Until.Holds("the rollout has ended", Limit, async () => (string)(await Get(service, id))["state"]! != "running");
            var ended = await Get(service, id);
            Assert.True((string?)ended["state"] == "succeeded", $"{ended}\n{service.Log}");
            Assert.Equal("""{"pending":0,"away":0,"open":0,"succeeded":4,"failed":0}""", ended["nodes"]!.ToJsonString());
            Assert.Equal(Names, Lines("began").Order());
            Assert.Equal(Names, Lines("ended").Order());
            var nodes = (await Get(service, $"{id}/nodes"))["items"]!.AsArray();
            Assert.All(nodes, static node => Assert.Equal((1, 0), ((int)node!["tries"]!, (int)node["exitCode"]!)));
            Assert.Equal(4, (int)(await Get(service, $"{id}/output"))["items"]![0]!["count"]!);
        }
        finally
        {
            foreach (var worker in workers)
                await worker.DisposeAsync();
            await service.DisposeAsync();
        }
    }

    // The command on the n-th node waits for the file go<n>, and from the third on for go3.
    private async Task<string> StartRollout(Service service)
    {
        var command = $"echo $NODE_ID >> '{In("began")}'; n=$(wc -l < '{In("began")}'); [ $n -gt 3 ] && n=3; "
            + $"while [ ! -e '{In("go")}'$n ]; do sleep 0.05; done; echo $NODE_ID >> '{In("ended")}'";
        using var answer = await service.Post("/api/v1/rollouts", new JsonObject
        {
            ["task"] = new JsonObject { ["cmd"] = command, ["queue"] = "ops" },
            ["select"] = new JsonObject { ["role"] = "fleet" },
            ["waves"] = new JsonArray(1, 2, "100%"),
            // A worker that is not back yet when its turn comes gets the command when it is.
            ["catchUp"] = "1h",
        });
        var text = await answer.Content.ReadAsStringAsync(Cancellation);
        Assert.True(answer.StatusCode == HttpStatusCode.Accepted, text);
        return (string)JsonNode.Parse(text)!["id"]!;
    }

    private string[] Lines(string file) => File.Exists(In(file)) ? File.ReadAllLines(In(file)) : [];

    private static async Task<JsonNode> Get(Service service, string path) =>
        JsonNode.Parse(await service.Http.GetStringAsync($"/api/v1/rollouts/{path}", Cancellation))!;
}
