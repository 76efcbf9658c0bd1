using OrleansTasks.System.Tests.Running;
using OrleansTasks.System.Tests.Workers;
using OrleansTasks.Tests.Postgres;

namespace OrleansTasks.System.Tests.Apart;

/// <summary>
/// Two silos under load, all processes. One of them stands still, or loses the database alone, for longer than the cluster waits for it.
/// The other one serves its queues and its workers, and the lost one ends itself when it goes on.
/// </summary>
[Trait("Needs", "postgres")]
public sealed class OrleansLostSiloTests : DataFolders
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);
    // A silo reads who is a member every 2.5 s. The rest is for a slow machine.
    private static readonly TimeSpan ReadLimit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Frozen = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task OwnerFrozen_IsReplaced_AndEndsItselfWhenItGoesOn()
    {
        using var server = new PostgresServer();
        await using var cluster = new ClusterRig(server, In);
        await Lose(cluster, runOnce: true, async (owner, served) =>
        {
            var lasts = Task.Delay(Frozen, TimeProvider.System, TestContext.Current.CancellationToken);
            cluster.Freeze(owner);
            await served();
            await lasts;
            await cluster.Thaw(owner);
        });
    }

    [Fact]
    public async Task OwnerWithoutItsDatabase_IsReplaced_AndEndsItselfWhenTheDatabaseIsBack()
    {
        using var server = new PostgresServer();
        await using var ways = new DatabaseWays(server);
        await using var cluster = new ClusterRig(server, In) { DatabaseOf = ways.Of };
        await Lose(cluster, runOnce: false, async (owner, served) =>
        {
            await ways.Cut(owner);
            await served();
            // The other one may serve the queue before that.
            await Until.Holds("the silo is declared dead", Limit, () => Task.FromResult(
                cluster.Silos[1 - owner].Log.Contains("Declaring it dead", StringComparison.Ordinal)));
            ways.Mend(owner);
            var code = await cluster.Explain(() => cluster.Silos[owner].End(ReadLimit));
            Assert.NotEqual(0, code);
        });
    }

    [Fact]
    public async Task WorkerOfASiloWithoutItsDatabase_WorksForTheOtherSilo_AndItsTaskRunsOn()
    {
        using var server = new PostgresServer();
        await using var ways = new DatabaseWays(server);
        await using var cluster = new ClusterRig(server, In) { DatabaseOf = ways.Of };
        await cluster.StartSilo(0);
        await cluster.StartSilo(1);
        await using var gateway = await cluster.StartGateway();
        var owner = await cluster.Owner(gateway);
        var lost = 1 - owner;
        await using var worker = await WorkerProcess.Start(
            [cluster.Workers[lost], cluster.Workers[owner]], "w1", In("w1"), "--slots", "2");
        var load = new ClusterLoad(gateway, In("journal"));
        var running = await load.SubmitRunning();
        await ways.Cut(lost);
        await Until.Holds("the silo sends its workers away", Limit,
            () => Task.FromResult(cluster.Silos[lost].Log.Contains("it sends its workers to other silos", StringComparison.Ordinal)));
        // The silo is a member still: its worker need not wait for its death.
        Assert.DoesNotContain("Declaring it dead", cluster.Silos[owner].Log, StringComparison.Ordinal);
        await cluster.Explain(() => load.Served(Limit), gateway, worker);
        load.Release(running);
        await load.AllEnded();
        load.CheckJournal();
    }

    [Fact]
    public async Task SiloWithoutItsDatabase_ToldToEnd_EndsBeforeItIsKilled()
    {
        using var server = new PostgresServer();
        await using var ways = new DatabaseWays(server);
        await using var cluster = new ClusterRig(server, In) { DatabaseOf = ways.Of };
        await cluster.StartSilo(0);
        await ways.Cut(0);
        cluster.Silos[0].Terminate();
        // What systemd and Compose wait for by the files in deploy.
        await cluster.Silos[0].End(TimeSpan.FromMinutes(1));
    }

    /// <summary>Loses the owner of the queue under load, starts it again, and checks every task that was acknowledged.</summary>
    /// <param name="cluster">The silos, none of which has started.</param>
    /// <param name="runOnce">Whether no command may run twice. A silo without the database takes reports that it cannot store.</param>
    /// <param name="lose">Loses the silo with this number until it has ended; may wait until tasks are served again.</param>
    private async Task Lose(ClusterRig cluster, bool runOnce, Func<int, Func<Task>, Task> lose)
    {
        await cluster.StartSilo(0);
        await cluster.StartSilo(1);
        await using var gateway = await cluster.StartGateway();
        await using var worker = await WorkerProcess.Start([.. cluster.Workers], "w1", In("w1"), "--slots", "4");
        var load = new ClusterLoad(gateway, In("journal"));
        var lost = await cluster.Owner(gateway);
        await load.Send(100, async sent =>
        {
            await Until.Holds("half of the load is acknowledged", Limit, () => Task.FromResult(sent() >= 50));
            await lose(lost, () => cluster.Explain(() => load.Served(Limit), gateway, worker));
        });
        // Whatever it still believed when it went on, the queue stays with the other one until there are two again.
        await cluster.StartSilo(lost);
        await cluster.Owner(gateway);
        await load.AllEnded();
        await cluster.CheckEnds(load.Acknowledged.Keys);
        if (runOnce)
            load.CheckJournal();
    }

    /// <summary>Each silo's own way to the database, which can be cut.</summary>
    private sealed class DatabaseWays(PostgresServer server) : IAsyncDisposable
    {
        private readonly FreezingProxy[] ways =
            [.. Enumerable.Range(0, 2).Select(_ => new FreezingProxy($"127.0.0.1:{server.Port}", RestartAddress.Next()))];

        public string Of(int silo) => server.ConnectionString("postgres").Replace(
            $"Port={server.Port}", $"Port={ways[silo].Address.Split(':')[1]}", StringComparison.Ordinal);

        public ValueTask Cut(int silo) => ways[silo].DisposeAsync();

        public void Mend(int silo) => ways[silo] = new FreezingProxy($"127.0.0.1:{server.Port}", ways[silo].Address);

        public async ValueTask DisposeAsync()
        {
            foreach (var way in ways)
                await way.DisposeAsync();
        }
    }
}
