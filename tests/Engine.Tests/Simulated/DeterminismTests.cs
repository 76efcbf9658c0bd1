namespace OrleansTasks.Engine.Tests;

/// <summary>The simulation on one thread: nothing escapes to the pool, and a seed decides everything.</summary>
public sealed class DeterminismTests
{
    [Fact]
    public void Seed_Repeated_RunsTheSameTurns() => Assert.Equal(Workload(7), Workload(7));

    [Fact]
    public void Seeds_RunTurnsInDifferentOrders() => Assert.NotEqual(Workload(7), Workload(8));

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Workload_OnOneThread_ComesToItsEnd(int seed) => Assert.NotEqual(0UL, Workload(seed));

    // Calls, interleaving, timers, streams, observers, deactivation and stop: any work that leaves the thread throws.
    private static ulong Workload(int seed)
    {
        using var world = new SimulatedWorld(SimulatedWorld.Options(seed));
        var client = world.Client;
        var heard = 0;
        world.Run(async () =>
        {
            var listener = new Listener(() => heard++);
            var notifier = client.GetGrain<INotifierGrain>("n");
            await notifier.Register(client.CreateObjectReference<IListener>(listener));
            await Task.WhenAll(Enumerable.Range(0, 10).Select(async n =>
            {
                var grain = client.GetGrain<ITurnGrain>($"g/{n % 3}");
                await grain.Overlap(3);
                await grain.Ping(n);
                if (n == 5) await grain.EndOnIdle();
                await grain.PingInterleaved(n);
            }));
            await notifier.Tell(1, 5);
            await notifier.AskInTurn(6, 8);
            await client.GetGrain<IAgeingGrain>("a").StartTimer(TimeSpan.FromSeconds(1), true);
            await client.GetGrain<IStreamProducerGrain>("p").Produce("s", 5);
            await Task.Delay(TimeSpan.FromSeconds(10), world.Clock);
            using var cancellation = new CancellationTokenSource(TimeSpan.FromSeconds(3), world.Clock);
            await Assert.ThrowsAnyAsync<OperationCanceledException>(
                () => client.GetGrain<ITurnGrain>("w").Wait(cancellation.Token));
            await world.Silo.StopAsync(TimeSpan.FromMinutes(1));
        });
        Assert.Equal(8, heard);
        return world.Cluster.Trace.Hash;
    }

    private sealed class Listener(Action heard) : IListener
    {
        public Task Hear(int number)
        {
            heard();
            return Task.CompletedTask;
        }

        public Task<int> Ask(int number)
        {
            heard();
            return Task.FromResult(number + 1);
        }
    }
}
