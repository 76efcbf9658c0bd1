using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.Workers;

/// <summary>
/// A steady stream of small tasks keeps two nodes busy, and a large task waits for a whole node, while a process of the
/// installation is upgraded, killed or stopped. The large task runs, and no node runs more than it offers.
/// </summary>
public sealed class SteadyResourceTests : DataFolders
{
    private const string Upgraded = "worker node upgraded";
    private static readonly string[] Service =
        ["--slots", "0", "--reserve-after", "2s", "--lease", "8s", "--http", "127.0.0.1:0"];

    [Fact]
    public async Task WorkersAreUpgraded_LargeTaskStarts_AndNothingIsGivenTwice()
    {
        await using var service = await Running.Service.Start(Data, Service);
        await using var one = await SteadyLoad.Worker([service.Grpc], "w1", In("w1"));
        await using var other = await SteadyLoad.Worker([service.Grpc], "w2", In("w2"));
        var load = new SteadyLoad(service);

        await load.LargeOneStarts(async () =>
        {
            foreach (var worker in (WorkerProcess[])[one, other])
                worker.Send(Signals.User2);
            await Until.Holds(
                "upgraded", SteadyLoad.Patience, () => Task.FromResult(Has(one, Upgraded) && Has(other, Upgraded)));
        });
    }

    [Fact]
    public async Task ServiceIsKilled_LargeTaskStarts_AndNothingIsGivenTwice()
    {
        var (http, grpc) = (RestartAddress.Next(), RestartAddress.Next());
        string[] options = [.. Service[..^1], http, "--grpc", grpc];
        var service = await Running.Service.Start(Data, options);
        await using var one = await SteadyLoad.Worker([service.Grpc], "w1", In("w1"));
        await using var other = await SteadyLoad.Worker([service.Grpc], "w2", In("w2"));
        var load = new SteadyLoad(service);
        try
        {
            await load.LargeOneStarts(async () =>
            {
                await service.KillAll();
                await service.DisposeAsync();
                service = await Running.Service.Start(Data, options);
            });
        }
        finally
        {
            await service.DisposeAsync();
        }
    }

    [Fact]
    public async Task NodeStandsStill_LargeTaskStarts_AndNothingIsGivenTwice()
    {
        await using var service = await Running.Service.Start(Data, Service);
        await using var one = await SteadyLoad.Worker([service.Grpc], "w1", In("w1"));
        await using var other = await SteadyLoad.Worker([service.Grpc], "w2", In("w2"));
        var load = new SteadyLoad(service);
        var stopped = one.Agent;
        try
        {
            await load.LargeOneStarts(async () =>
            {
                Signals.Send(stopped, Signals.Stop);
                await Until.Holds("the node is lost", SteadyLoad.Patience, () => load.IsLost("w1"));
            });
            Signals.Send(stopped, Signals.Continue);
            await Until.Holds("the node is back", SteadyLoad.Patience, async () => !await load.IsLost("w1"));
            await load.LargeOneStarts(static () => Task.CompletedTask);
        }
        finally
        {
            Signals.Send(stopped, Signals.Continue);
        }
    }

    private static bool Has(WorkerProcess worker, string text) => worker.Log.Contains(text, StringComparison.Ordinal);
}
