namespace OrleansTasks.Engine.Tests;

/// <summary>The engine on one thread: nothing escapes to the pool, and a seed decides everything.</summary>
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
    public void Workload_OnOneThread_ComesToItsEnd(int seed) => Assert.NotEmpty(Workload(seed));

    // Calls, interleaving, timers, streams, observers, deactivation and stop: any work that leaves the thread throws.
    private static List<string> Workload(int seed)
    {
        using var world = new StepWorld(seed);
        var client = world.Client;
        var heard = 0;
        var listener = new Listener(() => heard++);
        var runs = Interlocked.Increment(ref _runs);
        world.Run(async () =>
        {
            var notifier = client.GetGrain<INotifierGrain>($"n{runs}");
            await notifier.Register(client.CreateObjectReference<IListener>(listener));
            await Task.WhenAll(Enumerable.Range(0, 10).Select(async n =>
            {
                var grain = client.GetGrain<ITurnGrain>($"g{runs}/{n % 3}");
                await grain.Overlap(3);
                await grain.Ping(n);
                if (n == 5) await grain.EndOnIdle();
                await grain.PingInterleaved(n);
            }));
            await notifier.Tell(1, 5);
            await notifier.AskInTurn(6, 8);
            await client.GetGrain<IAgeingGrain>($"a{runs}").StartTimer(TimeSpan.FromSeconds(1), true);
            await client.GetGrain<IStreamProducerGrain>($"p{runs}").Produce($"s{runs}", 5);
            await Task.Delay(TimeSpan.FromSeconds(10), world.Clock);
            using var cancellation = new CancellationTokenSource(TimeSpan.FromSeconds(3), world.Clock);
            await Assert.ThrowsAnyAsync<OperationCanceledException>(
                () => client.GetGrain<ITurnGrain>($"w{runs}").Wait(cancellation.Token));
            await world.Silo.StopAsync(CancellationToken.None);
        });
        Assert.Equal(8, heard);
        Assert.Equal(5, Probe.Of($"s{runs}").Entries.Count(e => e.StartsWith("item", StringComparison.Ordinal)));
        GC.KeepAlive(listener);
        return [.. world.Executor.Trace.Select(t => t.Replace($"{runs}", "#", StringComparison.Ordinal))];
    }

    private static long _runs = 1000;

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
