using System.Net;
using OrleansTasks.System.Tests.Running;
using OrleansTasks.Tests.Postgres;

namespace OrleansTasks.System.Tests.Apart;

/// <summary>Two silos that share a database, all processes: the database goes away and comes back; everything dies at once.</summary>
[Trait("Needs", "postgres")]
public sealed class OrleansClusterFaultsTests : DataFolders
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task DatabaseKilledAndStartedUnderLoad_LosesNothing_AndSilosStayMembers()
    {
        using var server = new PostgresServer();
        await using var cluster = new ClusterRig(server, In);
        await cluster.StartSilo(0);
        await cluster.StartSilo(1);
        await using var gateway = await cluster.StartGateway();
        await using var worker = await WorkerProcess.Start([.. cluster.Workers], "w1", In("w1"), "--slots", "4");
        var load = new ClusterLoad(gateway, In("journal"));
        var running = await load.SubmitRunning();
        await load.Send(200, async sent =>
        {
            await Until.Holds("half of the load is acknowledged", Limit, () => Task.FromResult(sent() >= 100));
            var killed = TimeProvider.System.GetTimestamp();
            server.Kill();
            await Until.Holds("the gateway tells of the store", Limit, async () => await Status(gateway.Url) == HttpStatusCode.ServiceUnavailable);
            using (var tasks = await gateway.Http.GetAsync("/api/v1/tasks"))
                Assert.Equal(HttpStatusCode.ServiceUnavailable, tasks.StatusCode);
            server.Start();
            var gap = await cluster.Explain(() => load.Served(Limit), gateway, worker);
            TestContext.Current.TestOutputHelper?.WriteLine(
                $"served {gap:0} ms after the database was started, {TimeProvider.System.GetElapsedTime(killed).TotalSeconds:0.0} s after it was killed");
        });

        // What ran when the database died goes on, in its first attempt.
        load.Release(running);
        var ended = await gateway.Ended(running);
        Assert.True((int)ended["attempt"]! == 1, $"{ended}\n{await gateway.Http.GetStringAsync($"/api/v1/tasks/{running}/attempts")}");
        await load.AllEnded();
        load.CheckJournal();
        await cluster.CheckEnds(load.Acknowledged.Keys);
        foreach (var silo in cluster.Silos)
            await Until.Holds("the silo is ready again", Limit, async () => await Status(silo.Health!) == HttpStatusCode.OK);
        Assert.Equal(2, await ClusterRig.CountActive(gateway));
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

    private static async Task<HttpStatusCode> Status(Uri server)
    {
        using var http = new HttpClient();
        using var answer = await http.GetAsync(new Uri(server, "/readyz"));
        return answer.StatusCode;
    }
}
