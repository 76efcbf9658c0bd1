using OrleansTasks.System.Tests.Running;
using OrleansTasks.System.Tests.Workers;
using OrleansTasks.Tests.Postgres;

namespace OrleansTasks.System.Tests.Apart;

/// <summary>
/// Two silos under load, all processes. One of them stands still, or loses the database alone, for longer than the cluster waits for it.
/// The other one serves its queues and its workers, and the lost one ends itself when it goes on.
/// </summary>
[Trait("Needs", "postgres")]
public sealed class OrleansLostSiloTests(OrleansLostSiloTests.Scene scene)
    : DataFolders, IClassFixture<OrleansLostSiloTests.Scene>
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);
    // A silo reads who is a member every 2.5 s. The rest is for a slow machine.
    private static readonly TimeSpan ReadLimit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Frozen = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task OwnerFrozen_IsReplaced_AndEndsItselfWhenItGoesOn()
    {
        await Lose("frozen", runOnce: true, async (owner, served) =>
        {
            var lasts = Task.Delay(Frozen, TimeProvider.System, TestContext.Current.CancellationToken);
            scene.Cluster.Freeze(owner);
            await served();
            await lasts;
            await scene.Cluster.Thaw(owner);
        });
    }

    [Fact]
    public async Task OwnerWithoutItsDatabase_IsReplaced_AndEndsItselfWhenTheDatabaseIsBack()
    {
        var cluster = scene.Cluster;
        await Lose("cut", runOnce: false, async (owner, served) =>
        {
            var other = cluster.Silos[1 - owner];
            var began = other.Log.Length;
            await scene.Ways.Cut(owner);
            await served();
            // The other one may serve the queue before that.
            await Until.Holds("the silo is declared dead", Limit, () => Task.FromResult(
                other.Log[began..].Contains("Declaring it dead", StringComparison.Ordinal)));
            scene.Ways.Mend(owner);
            var code = await cluster.Explain(() => cluster.Silos[owner].End(ReadLimit));
            Assert.NotEqual(0, code);
        });
    }

    [Fact]
    public async Task WorkerOfASiloWithoutItsDatabase_WorksForTheOtherSilo_AndItsTaskRunsOn()
    {
        var (cluster, gateway) = (scene.Cluster, await scene.Whole());
        var owner = await cluster.Owner(gateway);
        var lost = 1 - owner;
        await using var worker = await WorkerProcess.Start(
            [cluster.Workers[lost], cluster.Workers[owner]], "sent", In("sent"), "--slots", "2");
        var load = new ClusterLoad(gateway, In("journal"));
        var running = await load.SubmitRunning();
        var (began, beganLost) = (cluster.Silos[owner].Log.Length, cluster.Silos[lost].Log.Length);
        await scene.Ways.Cut(lost);
        await Until.Holds("the silo sends its workers away", Limit, () => Task.FromResult(cluster.Silos[lost].Log[beganLost..]
            .Contains("it sends its workers to other silos", StringComparison.Ordinal)));
        // The silo is a member still: its worker need not wait for its death.
        Assert.DoesNotContain("Declaring it dead", cluster.Silos[owner].Log[began..], StringComparison.Ordinal);
        await cluster.Explain(() => load.Served(Limit), gateway, worker);
        load.Release(running);
        await load.AllEnded();
        load.CheckJournal();
    }

    [Fact]
    public async Task SiloWithoutItsDatabase_ToldToEnd_EndsBeforeItIsKilled()
    {
        await using var ways = new DatabaseWays("lonesilo");
        await using var cluster = new ClusterRig(PostgresServer.Shared, In)
        {
            Database = ways.Direct, DatabaseOf = ways.Of,
        };
        await cluster.StartSilo(0);
        await ways.Cut(0);
        cluster.Silos[0].Terminate();
        // What systemd and Compose wait for by the files in deploy.
        await cluster.Silos[0].End(TimeSpan.FromMinutes(1));
    }

    /// <summary>Loses the owner of the queue under load, starts it again, and checks every task that was acknowledged.</summary>
    /// <param name="name">The worker's name.</param>
    /// <param name="runOnce">Whether no command may run twice. A silo without the database takes reports that it cannot store.</param>
    /// <param name="lose">Loses the silo with this number until it has ended; may wait until tasks are served again.</param>
    private async Task Lose(string name, bool runOnce, Func<int, Func<Task>, Task> lose)
    {
        var (cluster, gateway) = (scene.Cluster, await scene.Whole());
        await using var worker = await WorkerProcess.Start([.. cluster.Workers], name, In(name), "--slots", "4");
        var load = new ClusterLoad(gateway, In("journal"));
        await cluster.Owner(gateway);
        var lost = -1;
        await load.Send(100, async sent =>
        {
            await Until.Holds("half of the load is acknowledged", Limit, () => Task.FromResult(sent() >= 50));
            // Only now: a minute after a silo has started, the queue may move to it.
            lost = await cluster.Owner(gateway);
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

    /// <summary>
    /// Two silos, each with its own way to the database, and a gateway. They start with the first test that needs them. A
    /// silo that a test has lost starts again with the next one.
    /// </summary>
    public sealed class Scene : DataFolders, IAsyncDisposable
    {
        private Service? gateway;

        public Scene() => Cluster = new ClusterRig(PostgresServer.Shared, In)
        {
            Database = Ways.Direct, DatabaseOf = Ways.Of,
        };

        internal DatabaseWays Ways { get; } = new("lostsilo");

        internal ClusterRig Cluster { get; }

        /// <summary>The gateway, once both silos are there.</summary>
        internal async Task<Service> Whole()
        {
            for (var number = 0; number < Cluster.Silos.Length; number++)
            {
                if (Cluster.Silos[number] is { } silo)
                {
                    if (Ways.IsCut(number))
                    {
                        // It may still be a member: it leaves in order, so that the others need not find it dead.
                        Ways.Mend(number);
                        silo.Terminate();
                        await silo.End();
                    }

                    if (!Signals.IsGone(silo.Supervisor))
                        continue;
                }

                await Cluster.StartSilo(number);
            }

            return gateway ??= await Cluster.StartGateway();
        }

        public async ValueTask DisposeAsync()
        {
            if (gateway is not null)
                await gateway.DisposeAsync();
            await Cluster.DisposeAsync();
            await Ways.DisposeAsync();
            Dispose();
        }
    }

    /// <summary>Each silo's own way to a new database, which can be cut.</summary>
    internal sealed class DatabaseWays : IAsyncDisposable
    {
        private readonly FreezingProxy[] ways =
            [.. Enumerable.Range(0, 2).Select(static _ => new FreezingProxy(Server, RestartAddress.Next()))];

        private readonly bool[] areCut = new bool[2];

        /// <param name="database">The database's name.</param>
        public DatabaseWays(string database)
        {
            PostgresServer.Shared.CreateDatabase(database);
            Direct = PostgresServer.Shared.ConnectionString(database);
        }

        /// <summary>How to connect to the database on no silo's way.</summary>
        public string Direct { get; }

        private static string Server => $"127.0.0.1:{PostgresServer.Shared.Port}";

        public string Of(int silo) => Direct.Replace(
            $"Port={PostgresServer.Shared.Port}", $"Port={ways[silo].Address.Split(':')[1]}", StringComparison.Ordinal);

        public bool IsCut(int silo) => areCut[silo];

        public ValueTask Cut(int silo)
        {
            areCut[silo] = true;
            return ways[silo].DisposeAsync();
        }

        public void Mend(int silo) =>
            (ways[silo], areCut[silo]) = (new FreezingProxy(Server, ways[silo].Address), false);

        public async ValueTask DisposeAsync()
        {
            foreach (var way in ways)
                await way.DisposeAsync();
        }
    }
}
