using OrleansTasks.System.Tests.Running;
using OrleansTasks.System.Tests.Workers;
using OrleansTasks.Tests.Postgres;

namespace OrleansTasks.System.Tests.Apart;

/// <summary>
/// Two silos under load, all processes. The one that owns the queue stands still, or loses the database alone, for longer than the cluster
/// waits for it. The other one serves the queue, and the lost one ends itself when it goes on.
/// </summary>
[Trait("Needs", "postgres")]
public sealed class OrleansLostSiloTests : DataFolders
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);
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
        var ways = Enumerable.Range(0, 2).Select(_ => new FreezingProxy($"127.0.0.1:{server.Port}", KeptPorts.Next())).ToArray();
        await using var cluster = new ClusterRig(server, In)
        {
            DatabaseOf = number => server.ConnectionString("postgres").Replace(
                $"Port={server.Port}", $"Port={ways[number].Address.Split(':')[1]}", StringComparison.Ordinal),
        };
        try
        {
            await Lose(cluster, runOnce: false, async (owner, served) =>
            {
                var place = ways[owner].Address;
                await ways[owner].DisposeAsync();
                await served();
                ways[owner] = new FreezingProxy($"127.0.0.1:{server.Port}", place);
                Assert.NotEqual(0, await cluster.Silos[owner].End(Limit));
            });
        }
        finally
        {
            foreach (var way in ways)
                await way.DisposeAsync();
        }
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
        // A silo without the database does not know that it is lost, and keeps its workers until it ends.
        await using var spare = await WorkerProcess.Start([cluster.Workers[1 - lost]], "w2", In("w2"), "--slots", "4");
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
}
