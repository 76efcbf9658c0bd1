using OrleansTasks.System.Tests.Running;
using OrleansTasks.System.Tests.Workers;
using OrleansTasks.Tests.Postgres;

namespace OrleansTasks.System.Tests.Apart;

/// <summary>
/// The queue moves to another silo while small tasks keep its nodes busy: its silo is told to end, and the next one is
/// killed. The large task runs, and no node runs more than it offers.
/// </summary>
[Trait("Needs", "postgres")]
public sealed class OrleansSteadyResourceTests : DataFolders
{
    [Fact]
    public async Task OwnerOfTheQueueEnds_LargeTaskStarts_AndNothingIsGivenTwice()
    {
        const string database = "steady";
        PostgresServer.Shared.CreateDatabase(database);
        await using var cluster = new ClusterRig(PostgresServer.Shared, In)
        {
            Database = PostgresServer.Shared.ConnectionString(database),
            EnvironmentOf = static _ => [("OTASK_RESERVE_AFTER", "2s")],
        };
        await cluster.StartSilo(0);
        await cluster.StartSilo(1);
        await using var gateway = await cluster.StartGateway();
        await using var one = await SteadyLoad.Worker([.. cluster.Workers], "w1", In("w1"));
        await using var other = await SteadyLoad.Worker([.. cluster.Workers], "w2", In("w2"));
        await gateway.Submit("true");

        var load = new SteadyLoad(gateway);

        var told = -1;
        await load.LargeOneStarts(async () =>
        {
            told = await cluster.Owner(gateway);
            await ClusterRig.End(cluster.Silos[told]);
        });

        await cluster.StartSilo(told);
        await cluster.Owner(gateway);
        await Until.Holds(
            "both nodes are there", SteadyLoad.Patience, async () => !await load.IsLost("w1") && !await load.IsLost("w2"));
        await load.LargeOneStarts(async () => await cluster.Silos[await cluster.Owner(gateway)].KillAll());
    }
}
