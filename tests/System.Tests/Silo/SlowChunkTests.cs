using System.Text.Json.Nodes;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.Silo;

/// <summary>A slow chunk of a job is found: while it runs, when it has ended, and after the service was killed.</summary>
public sealed class SlowChunkTests : DataFolders
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    /// <summary>Item 123 takes six seconds, any other a few milliseconds; chunk 24 has it, of one item from 100 on.</summary>
    private const string Job = """
        {"source":{"range":{"from":100,"to":160}},"chunkSize":1,"aggregate":[{"op":"count"}],
         "process":{"command":{"cmd":"while read x; do if [ $x = 123 ]; then sleep 6; fi; echo $x; done"}}}
        """;

    [Fact]
    public async Task SlowChunk_IsFoundWhileItRunsAndAfterwardsAndAfterAKill()
    {
        string id;
        await using (var service = await Service.Start(Data, "--slots", "2"))
        {
            using var accepted = await service.Post("/api/v1/jobs", JsonNode.Parse(Job)!);
            id = (string)JsonNode.Parse(await accepted.Content.ReadAsStringAsync())!["id"]!;

            // When all other chunks are done, it is what the job waits for.
            await Until.Holds("the job is held back by a straggler", Limit, async () =>
                (string)(await Get(service, id, "stats"))["heldBackBy"]! == "stragglers");
            var straggler = Assert.Single((await Get(service, id, "stats"))["stragglers"]!.AsArray())!;
            Assert.Equal(24, (int)straggler["no"]!);
            var running = Assert.Single((await Get(service, id, "chunks?state=running"))["items"]!.AsArray())!;
            Assert.Equal((24, 123, 1), ((int)running["no"]!, (int)running["first"]!, (int)running["attempt"]!));
            Assert.Equal(
                """[["folded",23],["running",1],["folded",36]]""", (await Get(service, id, "coverage?cells=60")).ToJsonString());

            var ended = JsonNode.Parse(await service.Http.GetStringAsync($"/api/v1/jobs/{id}?wait=60s"))!;
            Assert.Equal(("succeeded", 60), ((string)ended["state"]!, (int)ended["aggregate"]!["count"]!));
            await Check(service, id);
            await service.KillAll();
        }

        await using var again = await Service.Start(Data, "--slots", "2");
        await Check(again, id);
        var printed = await Otask.Run(again, ["job", "chunks", id, "-n", "1"]);
        Assert.Matches(@"(?m)^24 +folded +\S+ +1 +6\.\S*s +123 +1 +1$", printed.Output);
        var told = await Otask.Run(again, ["job", "stats", id]);
        Assert.Equal(0, told.ExitCode);
        Assert.Contains("Nothing holds it back.", told.Output, StringComparison.Ordinal);
        Assert.Matches(@"60 chunks ended: half took up to \S+, 95 % up to \S+, the longest 6\.", told.Output);
    }

    [Fact]
    public async Task ServiceKilledWhileAJobRuns_KeepsTheSlowChunkThatHadEnded()
    {
        string id;
        await using (var service = await Service.Start(Data, "--slots", "1"))
        {
            // Chunk 3 is slow; chunk 8 does not end.
            using var accepted = await service.Post("/api/v1/jobs", JsonNode.Parse("""
                {"source":{"range":{"from":0,"to":10}},"chunkSize":1,
                 "process":{"command":{"cmd":"while read x; do case $x in 2) sleep 2;; 7) sleep 600;; esac; echo $x; done"}}}
                """)!);
            id = (string)JsonNode.Parse(await accepted.Content.ReadAsStringAsync())!["id"]!;
            await Until.Holds("seven chunks are folded", Limit, async () =>
                (int)(await Get(service, id, "stats"))["chunkTook"]!["count"]! == 7);
            await service.KillAll();
        }

        await using var again = await Service.Start(Data, "--slots", "1");
        var slow = (await Get(again, id, "chunks?state=folded&limit=1"))["items"]![0]!;
        Assert.Equal((3, 2, "folded"), ((int)slow["no"]!, (int)slow["first"]!, (string)slow["state"]!));
        Assert.StartsWith("2", (string)slow["took"]!, StringComparison.Ordinal);
        Assert.Equal(7, (int)(await Get(again, id, "stats"))["chunkTook"]!["count"]!);
    }

    private static async Task Check(Service service, string id)
    {
        var slow = (await Get(service, id, "chunks?sort=-took&limit=1"))["items"]![0]!;
        Assert.Equal(
            (24, "folded", 123, 1, 1),
            ((int)slow["no"]!, (string)slow["state"]!, (int)slow["first"]!, (int)slow["length"]!, (int)slow["items"]!));
        Assert.StartsWith("6.", (string)slow["took"]!, StringComparison.Ordinal);
        Assert.False(string.IsNullOrEmpty((string?)slow["node"]));
        var stats = await Get(service, id, "stats");
        Assert.Equal(("nothing", 60), ((string)stats["heldBackBy"]!, (int)stats["chunkTook"]!["count"]!));
        Assert.Equal("""[["folded",60]]""", (await Get(service, id, "coverage?cells=60")).ToJsonString());
        var points = (await Get(service, id, "history"))["points"]!.AsArray();
        Assert.True(points.Count > 1);
        Assert.Equal((60, """{"count":60}"""), ((int)points[^1]!["items"]!, points[^1]!["aggregate"]!.ToJsonString()));
    }

    private static async Task<JsonNode> Get(Service service, string id, string call) =>
        JsonNode.Parse(await service.Http.GetStringAsync($"/api/v1/jobs/{id}/{call}"))!;
}
