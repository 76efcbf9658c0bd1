using OrleansTasks.Simulation.Engine;

namespace OrleansTasks.Engine.Tests;

/// <summary>Many callers at once, in many orders: each call runs once and is answered.</summary>
public sealed class StressTests
{
    private const int Callers = 8;
    private const int Calls = 60;

    [Fact]
    public void Calls_WhileActivationsComeAndGo_AreEachAnsweredOnce()
    {
        for (var seed = 1; seed <= 10; seed++)
        {
            using var world = new SimulatedWorld(SimulatedWorld.Options(seed));
            var probes = Enumerable.Range(0, 4).Select(_ => Probe.New("stress")).ToArray();
            var answered = 0;
            world.Run(() => Task.WhenAll(Enumerable.Range(0, Callers).Select(async caller =>
            {
                for (var i = 0; i < Calls; i++)
                {
                    var grain = world.Client.GetGrain<ITurnGrain>(probes[(caller + i) % probes.Length].Key);
                    if (i % 20 == 7) await grain.EndOnIdle();
                    if (i % 10 == 3) world.Silo.CollectIdle(TimeSpan.Zero);
                    Assert.Equal(i + 1, await (i % 2 == 0 ? grain.Ping(i) : grain.PingInterleaved(i)));
                    answered++;
                }
            })));
            Assert.Equal(Callers * Calls, answered);
            Assert.Equal(Callers * Calls, probes.Sum(p => p.Count("ping")));
            foreach (var probe in probes) AssertOneAtATime(probe);
        }
    }

    [Fact]
    public void Calls_BetweenSilos_AreSentAsBytesEachTime()
    {
        using var cluster = new SimCluster(SimulatedWorld.Options());
        cluster.StartSilo("one");
        var client = cluster.StartSilo("client", isClient: true);
        cluster.Network.Doubling = 1;
        cluster.Network.MayDouble = static method => method == nameof(ITurnGrain.Ping);
        var probe = Probe.New("doubled");
        var answer = 0;
        client.NewProcess("test").Run(async () => answer = await client.Grains.GetGrain<ITurnGrain>(probe.Key).Ping(1));
        while (probe.Count("ping") < 2) Assert.True(cluster.Step());
        while (answer == 0) Assert.True(cluster.Step());
        Assert.Equal(2, answer);
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
