using System.Globalization;
using System.Text.Json.Nodes;
using OrleansTasks.System.Tests.Running;
using OrleansTasks.Tests.Postgres;

namespace OrleansTasks.System.Tests.Apart;

/// <summary>
/// Jobs that are fed in a cluster of two silos while the owner of their queue is killed, is told to end and hands the queue
/// over, and while the gateway is killed: each item counts once, and no feeder ends early.
/// </summary>
[Trait("Needs", "postgres")]
public sealed class OrleansFedJobTests : DataFolders
{
    private const int Jobs = 3;

    // A longer campaign: OTASK_CLUSTER_FEEDS=20.
    private static readonly int Rounds = int.Parse(Environment.GetEnvironmentVariable("OTASK_CLUSTER_FEEDS") ?? "1", CultureInfo.InvariantCulture);
    private static readonly int Items = (40_000 * Rounds) - 20_000;
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    [Fact]
    public async Task Feeds_SilosAndGatewayAreKilledAndTheQueueMoves_CountEachItemOnce()
    {
        const string database = "fedjob";
        PostgresServer.Shared.CreateDatabase(database);
        await using var cluster = new ClusterRig(PostgresServer.Shared, In)
        {
            Database = PostgresServer.Shared.ConnectionString(database),
        };
        await cluster.StartSilo(0);
        await cluster.StartSilo(1);
        var address = RestartAddress.Next();
        var gateway = await StartGateway();
        try
        {
            await gateway.Submit("true");
            await using var worker = await WorkerProcess.Start([.. cluster.Workers], "w1", In("w1"), "--slots", "2");
            var file = In("items");
            await File.WriteAllLinesAsync(file, Enumerable.Range(1, Items).Select(static n => $"{n}"), TestContext.Current.CancellationToken);
            var feeds = Enumerable.Range(0, Jobs).Select(_ => Otask.Run(
                gateway, "job", "run", "--from", file, "--pace", "2000", "--aggregate", "total=sum", "--aggregate", "n=count")).ToArray();

            await Until.Holds("every job has some items", Limit, async () => await LeastRead(gateway) >= 1_000);
            for (var round = 0; round < Rounds; round++)
            {
                var owner = await cluster.Owner(gateway);
                await cluster.Silos[owner].KillAll();
                await GoOn(gateway);
                await cluster.StartSilo(owner);

                await cluster.Restart(await cluster.Owner(gateway));
                await GoOn(gateway);

                await gateway.Kill();
                await gateway.DisposeAsync();
                gateway = await StartGateway();
                await GoOn(gateway);
            }

            foreach (var feed in feeds)
            {
                var ended = await feed;
                Assert.True(ended.ExitCode == 0, $"{ended.Errors}\n{gateway.Log}");
                Assert.True(
                    JsonNode.DeepEquals(
                        new JsonObject { ["total"] = Items * (Items + 1L) / 2, ["n"] = Items }, JsonNode.Parse(ended.Output)),
                    ended.Output);
            }
        }
        finally
        {
            await gateway.DisposeAsync();
        }

        Task<Service> StartGateway() =>
            Service.Start(BuiltPrograms.Client, ["--http", address, "--db", cluster.Database], "");
    }

    /// <summary>Waits until every job has got more items, or all.</summary>
    private static async Task GoOn(Service gateway)
    {
        var before = 0L;
        await Until.Holds("the gateway answers", Limit, async () => (before = await LeastRead(gateway)) > 0);
        await Until.Holds("every job has more items", Limit, async () => await LeastRead(gateway) is var read && (read > before || read == Items));
    }

    private static async Task<long> LeastRead(Service gateway)
    {
        using var answer = await gateway.Http.GetAsync(new Uri(gateway.Url, "/api/v1/jobs"), TestContext.Current.CancellationToken);
        if (!answer.IsSuccessStatusCode)
            return 0;
        var list = JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["items"]!.AsArray();
        var least = list.Count < Jobs ? 0L : Items;
        foreach (var job in list)
        {
            using var one = await gateway.Http.GetAsync(
                new Uri(gateway.Url, string.Create(CultureInfo.InvariantCulture, $"/api/v1/jobs/{job!["id"]}")), TestContext.Current.CancellationToken);
            least = one.IsSuccessStatusCode
                ? Math.Min(least, (long)JsonNode.Parse(await one.Content.ReadAsStringAsync())!["itemsRead"]!) : 0;
        }

        return least;
    }
}
