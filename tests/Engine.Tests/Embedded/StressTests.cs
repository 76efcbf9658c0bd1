using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using OrleansTasks.Engine.Embedded;

namespace OrleansTasks.Engine.Tests;

/// <summary>Many threads at once: whatever comes in between, each call runs once and is answered.</summary>
public sealed class StressTests
{
    [Fact]
    public async Task Calls_WhileActivationsComeAndGo_AreEachAnsweredOnce()
    {
        await using var engine = await EmbeddedEngine.StartAsync(
            s => s.AddScoped<ActivationScoped>(), Assembly.GetExecutingAssembly());
        var probes = Enumerable.Range(0, 8).Select(_ => Probe.New("stress")).ToArray();
        var answered = 0;
        using var done = new CancellationTokenSource();
        var collecting = Task.Run(() =>
        {
            while (!done.IsCancellationRequested) engine.CollectIdle(TimeSpan.Zero);
        });
        await Task.WhenAll(Enumerable.Range(0, 16).Select(caller => Task.Run(async () =>
        {
            for (var i = 0; i < 500; i++)
            {
                var grain = engine.Client.GetGrain<ITurnGrain>(probes[(caller + i) % probes.Length].Key);
                if (i % 50 == 7) await grain.EndOnIdle();
                var answer = i % 2 == 0 ? grain.Ping(i) : grain.PingInterleaved(i);
                Assert.Equal(i + 1, await answer);
                Interlocked.Increment(ref answered);
            }
        }))).Soon();
        await done.CancelAsync();
        await collecting.Soon();
        Assert.Equal(16 * 500, answered);
        Assert.Equal(16 * 500, probes.Sum(p => p.Count("ping")));
        foreach (var probe in probes) AssertOneAtATime(probe);
    }

    [Fact]
    public async Task StreamItems_FromManyProducers_AllArrive()
    {
        await using var engine = await EmbeddedEngine.StartAsync(
            s => s.AddScoped<ActivationScoped>().Configure<EmbeddedEngineOptions>(o => o.StreamQueueCapacity = 10_000),
            Assembly.GetExecutingAssembly());
        var probe = Probe.New("stress");
        var stream = engine.Client.GetStreamProvider(IConformanceHost.Streams)
            .GetStream<MutableMessage>(StreamId.Create("engine-tests", probe.Key));
        await Task.WhenAll(Enumerable.Range(0, 8).Select(producer => Task.Run(async () =>
        {
            for (var i = 0; i < 200; i++) await stream.OnNextAsync(new MutableMessage { Numbers = [producer, i] });
        }))).Soon();
        for (var producer = 0; producer < 8; producer++) await probe.SeenAsync($"item {producer},199");
        for (var producer = 0; producer < 8; producer++)
        {
            Assert.Equal(
                Enumerable.Range(0, 200).Select(i => $"item {producer},{i}"),
                probe.Entries.Where(e => e.StartsWith($"item {producer},", StringComparison.Ordinal)));
        }
    }

    // Between two activations of a grain the first one has ended.
    private static void AssertOneAtATime(Probe probe)
    {
        var active = 0;
        foreach (var entry in probe.Entries)
        {
            if (entry == "activated") Assert.Equal(1, ++active);
            if (entry == "deactivated") Assert.Equal(0, --active);
        }
    }
}
