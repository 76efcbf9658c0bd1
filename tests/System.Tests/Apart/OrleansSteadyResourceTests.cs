using OrleansTasks.System.Tests.Running;
using OrleansTasks.System.Tests.Workers;
using OrleansTasks.Tests.Postgres;

namespace OrleansTasks.System.Tests.Apart;

/// <summary>
/// The queue moves to another silo while small tasks keep its nodes busy. The large task runs, and no node runs more
/// than it offers.
/// </summary>
[Trait("Needs", "postgres")]
public sealed class OrleansSteadyResourceTests : DataFolders
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task OwnerOfTheQueueEnds_LargeTaskStarts_AndNothingIsGivenTwice(bool isKilled)
    {
        using var server = new PostgresServer();
        await using var cluster = new ClusterRig(server, In)
        {
            EnvironmentOf = static _ => [("OTASK_RESERVE_AFTER", "2s")],
        };
        await cluster.StartSilo(0);
        await cluster.StartSilo(1);
        await using var gateway = await cluster.StartGateway();
        await using var one = await SteadyLoad.Worker([.. cluster.Workers], "w1", In("w1"));
        await using var other = await SteadyLoad.Worker([.. cluster.Workers], "w2", In("w2"));
        await gateway.Submit("true");
        var load = new SteadyLoad(gateway);

        await load.LargeOneStarts(async () =>
        {
            var owner = await cluster.Owner(gateway);
            if (isKilled)
                await cluster.Silos[owner].KillAll();
            else
                await ClusterRig.End(cluster.Silos[owner]);
        });
    }
}
