using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using OrleansTasks.System.Tests.Running;
using OrleansTasks.Tests.Postgres;

namespace OrleansTasks.System.Tests.Apart;

/// <summary>Of two silos, each of which looks whether the files exceed --retention-files, one removes artifacts.</summary>
[Trait("Needs", "postgres")]
public sealed partial class OrleansArtifactRetentionTests : DataFolders
{
    private const int Kept = 3;
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task ArtifactsBeyondTheBound_ExpireOnce_AndBothGatewaysSaySo()
    {
        using var server = new PostgresServer();
        // Each silo looks four times in the time for which tasks are kept. Tasks that failed are kept longer than the test takes.
        await using var cluster = new ClusterRig(server, In)
        {
            EnvironmentOf = static _ =>
            [
                ("OTASK_RETENTION_FILES", "350KiB"), ("OTASK_RETENTION", "8s"), ("OTASK_RETENTION_FAILED", "1h"),
            ],
        };
        await Task.WhenAll(cluster.StartSilo(0), cluster.StartSilo(1));
        await using var one = await cluster.StartGateway();
        await using var two = await cluster.StartGateway();
        await using var worker = await WorkerProcess.Start([.. cluster.Workers], "w1", In("w1"), "--slots", "1");
        var ids = new List<string>();
        for (var n = 0; n < 2 * Kept; n++)
            ids.Add(await Left(n % 2 == 0 ? one : two));

        await Until.Holds("the oldest expire", Limit, async () => (bool)(await one.Get(ids[Kept - 1]))["artifactsExpired"]!);
        // Later rounds, of whichever silo, remove what is too much then, and no more.
        ids.Add(await Left(two));
        await Until.Holds("the next one expires", Limit, async () => (bool)(await two.Get(ids[Kept]))["artifactsExpired"]!);

        foreach (var gateway in (Service[])[one, two])
        {
            foreach (var (id, n) in ids.Select(static (id, n) => (id, n)))
            {
                var task = await gateway.Get(id);
                Assert.Equal((n <= Kept, 1), ((bool?)task["artifactsExpired"] ?? false, (int)task["artifactCount"]!));
                using var answer = await gateway.Http.GetAsync($"/api/v1/tasks/{id}/artifacts/out");
                Assert.Equal(n <= Kept ? 410 : 200, (int)answer.StatusCode);
            }
        }

        Assert.Equal(Kept + 1, cluster.Silos.Sum(static silo =>
            Removed().Matches(silo.Log).Sum(static match => int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture))));
    }

    private static async Task<string> Left(Service gateway)
    {
        using var posted = await gateway.Post("/api/v1/tasks", JsonNode.Parse(
            """{"cmd":"head -c 102400 /dev/urandom > out; exit 1","artifacts":[{"path":"out","on":"ended"}]}""")!);
        var task = await gateway.Ended((string)JsonNode.Parse(await posted.EnsureSuccessStatusCode().Content.ReadAsStringAsync())!["id"]!);
        Assert.Equal(1, (int)task["artifactCount"]!);
        return (string)task["id"]!;
    }

    [GeneratedRegex("Removed the artifacts of ([0-9]+) tasks")]
    private static partial Regex Removed();
}
