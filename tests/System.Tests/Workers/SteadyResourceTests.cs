using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.Workers;

/// <summary>
/// A steady stream of small tasks keeps two nodes busy, and a large task waits for a whole node, while processes of the
/// installation are upgraded, killed and stopped. The large task runs, and no node runs more than it offers.
/// </summary>
public sealed class SteadyResourceTests : DataFolders
{
    private const string Upgraded = "worker node upgraded";

    [Fact]
    public async Task ProcessesAreUpgradedKilledAndStopped_LargeTaskStarts_AndNothingIsGivenTwice()
    {
        string[] options =
        [
            "--slots", "0", "--reserve-after", "2s", "--lease", "8s",
            "--http", RestartAddress.Next(), "--grpc", RestartAddress.Next(),
        ];
        var service = await Service.Start(Data, options);
        await using var one = await SteadyLoad.Worker([service.Grpc], "w1", In("w1"));
        await using var other = await SteadyLoad.Worker([service.Grpc], "w2", In("w2"));
        var load = new SteadyLoad(service);
        // An upgrade keeps the process.
        var stopped = one.Agent;
        try
        {
            await load.LargeOneStarts(async () =>
            {
                foreach (var worker in (WorkerProcess[])[one, other])
                    worker.Send(Signals.User2);
                await Until.Holds(
                    "the workers are upgraded", SteadyLoad.Patience,
                    () => Task.FromResult(Has(one, Upgraded) && Has(other, Upgraded)));
            });
            await BothAreThere(load);

            await load.LargeOneStarts(async () =>
            {
                await service.KillAll();
                await service.DisposeAsync();
                service = await Service.Start(Data, options);
            });
            await BothAreThere(load);

            await load.LargeOneStarts(async () =>
            {
                Signals.Send(stopped, Signals.Stop);
                await Until.Holds("the node is lost", SteadyLoad.Patience, () => load.IsLost("w1"));
            });
            Signals.Send(stopped, Signals.Continue);
            await BothAreThere(load);
            await load.LargeOneStarts(static () => Task.CompletedTask);
        }
        finally
        {
            Signals.Send(stopped, Signals.Continue);
            await service.DisposeAsync();
        }
    }

    /// <summary>The load begins with both nodes busy, and a node that is lost is not.</summary>
    private static Task BothAreThere(SteadyLoad load) => Until.Holds(
        "both nodes are there", SteadyLoad.Patience, async () => !await load.IsLost("w1") && !await load.IsLost("w2"));

    private static bool Has(WorkerProcess worker, string text) => worker.Log.Contains(text, StringComparison.Ordinal);
}
