using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using OrleansTasks.System.Tests.Running;
using OrleansTasks.Tests.Postgres;

namespace OrleansTasks.System.Tests.Apart;

/// <summary>
/// Two silos that share a database, a gateway and a worker, all of them processes; the silo that owns the queue is
/// killed under load, and at last told to end. By default once; <c>make cluster-kills N=50</c> kills as often,
/// <c>make cluster-freezes N=20</c> freezes the owner as often for 25 s, <c>make cluster-restarts N=10</c> has it end and
/// start again, and <c>make cluster-outages N=10</c> kills both silos at once and starts them again.
/// </summary>
[Collection(nameof(Alone))]
[Trait("Needs", "postgres")]
public sealed class OrleansClusterTests : DataFolders
{
    private static readonly int Kills = Count("KILLS", 1);
    private static readonly int Freezes = Count("FREEZES", 0);
    private static readonly int Restarts = Count("RESTARTS", 0);
    private static readonly int Outages = Count("OUTAGES", 0);
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Frozen = TimeSpan.FromSeconds(25);

    // The goal is 8 s after a kill and 12 s after a freeze for a campaign, which has its machine to itself.
    private static readonly TimeSpan ServedWithin = TimeSpan.FromSeconds(Kills + Freezes + Outages > 1 ? 15 : 60);

    // Milliseconds. The goal is 2 s on a machine with nothing else to do.
    private const double LongestPause = 5_000;

    [Fact]
    public async Task OwnerOfTheQueueKilledUnderLoad_LosesNothingEndsNothingTwiceAndIsReplacedInTime()
    {
        using var server = new PostgresServer();
        await using var cluster = new ClusterRig(server, In);
        await cluster.StartSilo(0);
        await using var gateway = await cluster.StartGateway();
        await gateway.Submit("true");
        var starting = Service.StartGateway(cluster.Silos[0].Silo, "--cluster", new string('0', 32));
        await cluster.StartSilo(1);
        await using var stranger = await starting;
        await using var worker = await WorkerProcess.Start([.. cluster.Workers], "w1", In("w1"), "--slots", "4");
        var load = new ClusterLoad(gateway, In("journal"));
        var (kills, freezes, restarts, outages) = (new List<double>(), new List<double>(), new List<double>(), new List<double>());
        for (var kill = 0; kill < Kills; kill++)
        {
            var owner = await cluster.Owner(gateway);
            await UnderLoad(async () =>
            {
                await cluster.Silos[owner].KillAll();
                kills.Add(await cluster.Explain(() => load.Served(ServedWithin), gateway, worker));
            });
            await cluster.StartSilo(owner);
        }

        for (var freeze = 0; freeze < Freezes; freeze++)
        {
            var owner = await cluster.Owner(gateway);
            await UnderLoad(async () =>
            {
                var lasts = Task.Delay(Frozen, TimeProvider.System);
                cluster.Freeze(owner);
                freezes.Add(await cluster.Explain(() => load.Served(ServedWithin), gateway, worker));
                await lasts;
                await cluster.Thaw(owner);
            });
            await cluster.StartSilo(owner);
        }

        for (var restart = 0; restart < Restarts; restart++)
        {
            var owner = await cluster.Owner(gateway);
            var running = await load.SubmitRunning();
            restarts.Add(await cluster.Explain(
                () => load.Pause(() => cluster.Restart(owner), ServedWithin), gateway, worker));
            await EndsInItsFirstAttempt(running);
        }

        for (var outage = 0; outage < Outages; outage++)
        {
            await UnderLoad(async () =>
            {
                await Task.WhenAll(cluster.Silos.Select(static silo => silo.KillAll()));
                var starts = Task.WhenAll(cluster.StartSilo(0), cluster.StartSilo(1));
                outages.Add(await cluster.Explain(() => load.Served(ServedWithin), gateway, worker));
                await starts;
            });
        }

        // It is told to end, and hands the queue over.
        var last = await cluster.Owner(gateway);
        var silos = JsonNode.Parse(await gateway.Http.GetStringAsync("/api/v1/cluster"))!;
        Assert.Equal("postgresql", (string?)silos["store"]!["kind"]);
        var pause = await cluster.Explain(
            () => load.Pause(() => ClusterRig.End(cluster.Silos[last]), ServedWithin), gateway, worker);

        await load.AllEnded();
        await cluster.CheckEnds(load.Acknowledged.Keys);
        load.CheckJournal();
        await using var named = await Service.StartGateway(cluster.Silos[1 - last].Silo, "--cluster", cluster.Name);
        Assert.Equal("succeeded", (string?)(await named.Ended(load.Acknowledged.Keys.First()))["state"]);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await stranger.Http.GetAsync("/readyz")).StatusCode);
        foreach (var process in (Service[])[gateway, named, cluster.Silos[1 - last]])
            await StopsQuietly(process);
        await ClusterEvidence.Keep(
            "kill -9, SIGSTOP for 25 s and SIGTERM of the silo that owns the queue, under load: two silos, a gateway and a "
                + "worker on one machine",
            load.Acknowledged.Count, ("kills", kills), ("freezes", freezes), ("restarts", restarts), ("outages", outages));
        Assert.All(
            restarts.Append(pause),
            static pause => Assert.True(pause < LongestPause, $"A restart held tasks up for {pause} ms."));

        async Task UnderLoad(Func<Task> fault)
        {
            var running = await load.SubmitRunning();
            await load.Send(100, async sent =>
            {
                await Until.Holds("half of the load is acknowledged", Limit, () => Task.FromResult(sent() >= 50));
                await fault();
            });
            await EndsInItsFirstAttempt(running);
        }

        // A gateway that stops does not warn of lost silos, and the last silo does not try to hand over.
        static async Task StopsQuietly(Service process)
        {
            var before = process.Log.Length;
            await ClusterRig.End(process);
            var end = process.Log[before..];
            Assert.DoesNotContain("no longer reachable", end, StringComparison.Ordinal);
            Assert.DoesNotContain("fleet/fleet", end, StringComparison.Ordinal);
        }

        // The worker outlived the silo, so what it ran went on.
        async Task EndsInItsFirstAttempt(string running)
        {
            load.Release(running);
            Assert.Equal(1, (int)(await gateway.Ended(running))["attempt"]!);
        }
    }

    private static int Count(string fault, int otherwise) =>
        int.Parse(Environment.GetEnvironmentVariable($"OTASK_CLUSTER_{fault}") ?? $"{otherwise}", CultureInfo.InvariantCulture);
}
