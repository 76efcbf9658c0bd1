using System.Globalization;
using System.Net;
using OrleansTasks.System.Tests.Running;
using OrleansTasks.Tests.Postgres;

namespace OrleansTasks.System.Tests.Apart;

/// <summary>
/// Two silos that share a database, all processes: the database goes away and comes back, or a standby takes its place;
/// everything dies at once. By default each once; <c>make cluster-database N=10 PROMOTIONS=5</c> does it as often.
/// </summary>
[Trait("Needs", "postgres")]
public sealed class OrleansClusterFaultsTests : DataFolders
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    // An outage that is longer than a lease ends the tasks that run, because no silo can renew their leases. On a busy machine the database
    // may take the 30 s of the default to start.
    private static readonly Func<int, (string, string)[]> LongLease = static _ => [("OTASK_LEASE", "150s")];

    [Fact]
    public async Task DatabaseKilledAndStartedUnderLoad_LosesNothing_AndSilosStayMembers()
    {
        using var server = new PostgresServer();
        await using var cluster = new ClusterRig(server, In) { EnvironmentOf = LongLease };
        await LoseTheDatabase(cluster, "restarts", async gateway =>
        {
            server.Kill();
            await Until.Holds("the gateway tells of the store", Limit, async () => await Status(gateway.Url) == HttpStatusCode.ServiceUnavailable);
            using (var tasks = await gateway.Http.GetAsync("/api/v1/tasks"))
                Assert.Equal(HttpStatusCode.ServiceUnavailable, tasks.StatusCode);
            server.Start();
            return TimeProvider.System.GetTimestamp();
        });
    }

    [Fact]
    public async Task PrimaryKilledAndStandbyPromotedUnderLoad_LosesNothing_AndSilosStayMembers()
    {
        var primary = new PostgresServer();
        var standby = primary.StartStandby();
        try
        {
            await using var cluster = new ClusterRig(primary, In)
            {
                EnvironmentOf = LongLease,
                Database = $"Host=127.0.0.1:{primary.Port},127.0.0.1:{standby.Port};Username=otask;Database=postgres;"
                    + "Target Session Attributes=primary",
            };
            await LoseTheDatabase(
                cluster, "promotions",
                _ =>
                {
                    var killed = TimeProvider.System.GetTimestamp();
                    primary.Kill();
                    standby.Promote();
                    return Task.FromResult(killed);
                },
                () =>
                {
                    var port = primary.Port;
                    primary.Dispose();
                    (primary, standby) = (standby, standby.StartStandby(port));
                });
        }
        finally
        {
            standby.Dispose();
            primary.Dispose();
        }
    }

    [Fact]
    public async Task EverythingKilledAndStartedOnOtherPorts_ServesAgain_AndLosesNothing()
    {
        using var server = new PostgresServer();
        string[] acknowledged;
        await using (var cluster = new ClusterRig(server, In))
        {
            await cluster.StartSilo(0);
            await cluster.StartSilo(1);
            await using var gateway = await cluster.StartGateway();
            await using var worker = await WorkerProcess.Start([.. cluster.Workers], "w1", In("w1"), "--slots", "4");
            var load = new ClusterLoad(gateway, In("journal"));
            // The load ends because the gateway is gone, too.
            await Assert.ThrowsAsync<HttpRequestException>(() => load.Send(100_000, async sent =>
            {
                await Until.Holds("some of the load is acknowledged", Limit, () => Task.FromResult(sent() >= 100));
                Signals.Send(worker.Agent, Signals.Kill);
                worker.Send(Signals.Kill);
                await Task.WhenAll(cluster.Silos[0].KillAll(), cluster.Silos[1].KillAll(), gateway.Kill());
            }));
            acknowledged = [.. load.Acknowledged.Keys];
        }

        Assert.NotEmpty(acknowledged);
        var began = TimeProvider.System.GetTimestamp();
        await using var next = new ClusterRig(server, name => In("next-" + name));
        await Task.WhenAll(next.StartSilo(0), next.StartSilo(1));
        await using var reached = await next.StartGateway();
        var again = new ClusterLoad(reached, In("next-journal"));
        await again.Accepted(Limit);
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"accepted {TimeProvider.System.GetElapsedTime(began).TotalMilliseconds:0} ms after the start of the silos");
        await using var another = await WorkerProcess.Start([.. next.Workers], "w2", In("w2"), "--slots", "4");
        foreach (var id in acknowledged)
            Assert.Equal("succeeded", (string?)(await reached.Ended(id))["state"]);
        await again.AllEnded();
        await next.CheckEnds(acknowledged);
        Assert.Equal(2, await ClusterRig.CountActive(reached));
    }

    /// <summary>
    /// Starts everything, and has the database go and come back under load, once or as often as
    /// <c>OTASK_CLUSTER_…</c> says.
    /// </summary>
    /// <param name="cluster">The silos, none of which has started.</param>
    /// <param name="fault">What happens to the database, as evidence calls it.</param>
    /// <param name="lose">Does it; returns the time from which it counts until tasks are run again.</param>
    /// <param name="prepareNext">Called when the time is taken, before the next loss.</param>
    private async Task LoseTheDatabase(
        ClusterRig cluster, string fault, Func<Service, Task<long>> lose, Action? prepareNext = null)
    {
        await cluster.StartSilo(0);
        await cluster.StartSilo(1);
        await using var gateway = await cluster.StartGateway();
        await using var worker = await WorkerProcess.Start([.. cluster.Workers], "w1", In("w1"), "--slots", "4");
        var load = new ClusterLoad(gateway, In("journal"));
        var gaps = new List<double>();
        var variable = Environment.GetEnvironmentVariable($"OTASK_CLUSTER_{fault.ToUpperInvariant()}");
        var times = int.Parse(variable ?? "1", CultureInfo.InvariantCulture);
        for (var time = 0; time < times; time++)
        {
            var running = await load.SubmitRunning();
            await load.Send(200, async sent =>
            {
                await Until.Holds("half of the load is acknowledged", Limit, () => Task.FromResult(sent() >= 100));
                var from = await lose(gateway);
                await cluster.Explain(() => load.Served(Limit), gateway, worker);
                gaps.Add(TimeProvider.System.GetElapsedTime(from).TotalMilliseconds);
                prepareNext?.Invoke();
            });

            // What ran when the database died goes on, in its first attempt: the outage was shorter than a lease.
            load.Release(running);
            var ended = await gateway.Ended(running);
            Assert.True((int)ended["attempt"]! == 1, $"{ended}\n{await gateway.Http.GetStringAsync($"/api/v1/tasks/{running}/attempts")}");
        }

        await load.AllEnded();
        load.CheckJournal();
        await cluster.CheckEnds(load.Acknowledged.Keys);
        foreach (var silo in cluster.Silos)
            await Until.Holds("the silo is ready again", Limit, async () => await Status(silo.Health!) == HttpStatusCode.OK);
        Assert.Equal(2, await ClusterRig.CountActive(gateway));
        await ClusterEvidence.Keep(
            $"PostgreSQL killed under load, database {fault}: two silos, a gateway and a worker on one machine",
            load.Acknowledged.Count, (fault, gaps));
    }

    private static async Task<HttpStatusCode> Status(Uri server)
    {
        using var http = new HttpClient();
        using var answer = await http.GetAsync(new Uri(server, "/readyz"));
        return answer.StatusCode;
    }
}
