using Microsoft.Extensions.DependencyInjection;
using OrleansTasks.Simulation;

namespace OrleansTasks.Engine.Tests;

/// <summary>What a test can do to a simulated cluster.</summary>
public sealed class ClusterTests
{
    [Fact]
    public void KilledSilo_LosesItsActivations_AndStateSurvives() => Run(static async sim =>
    {
        var grain = sim.GrainFactory.GetGrain<IStateGrain>("g");
        await grain.Set(7);
        var before = await grain.WhoAmI();
        var host = sim.Silos.Single(silo => silo.Hosts(grain));
        host.Kill();
        Assert.False(host.IsAlive);
        await Assert.ThrowsAsync<SiloUnavailableException>(grain.Get);
        Assert.InRange(sim.Elapsed.TotalSeconds, 3, 6.1);
        Assert.Equal((7, true), await sim.Retry(grain.Get));
        Assert.NotEqual(before, await grain.WhoAmI());
        Assert.Equal(7, sim.Storage.Read<NumberState>(grain, "number")!.Number);
    });

    [Fact]
    public void WriteOnItsWay_TakesEffect_ThoughItsSiloIsKilledAndNobodyIsTold()
    {
        var untold = 0;
        Seeds.Run(30, from: 1, async sim =>
        {
            sim.Storage.LongestDelay = TimeSpan.FromSeconds(1);
            var grain = sim.GrainFactory.GetGrain<IStateGrain>("g");
            await grain.Get();
            var writing = grain.Set(7);
            await sim.Delay(sim.RandomTime(sim.Network.LongestDelay, TimeSpan.FromSeconds(1)));
            sim.Silos.Single(silo => silo.Hosts(grain)).Kill();
            if (await Record.ExceptionAsync(() => writing) is SiloUnavailableException) untold++;
            Assert.Equal((7, true), await sim.Retry(grain.Get));
        });
        Assert.InRange(untold, 5, 25);
    }

    [Fact]
    public void FailingStorage_FailsWrites_AndALostAnswerHasTakenEffect() => Run(static async sim =>
    {
        var grain = sim.GrainFactory.GetGrain<IStateGrain>("g");
        await grain.Set(1);
        sim.Storage.Failures = 1;
        await Assert.ThrowsAsync<OrleansException>(() => grain.Set(2));
        sim.Storage.Failures = 0;
        Assert.Equal(1, sim.Storage.Read<NumberState>(grain, "number")!.Number);
        sim.Storage.LostAnswers = 1;
        await Assert.ThrowsAsync<OrleansException>(() => grain.Set(3));
        Assert.Equal(3, sim.Storage.Read<NumberState>(grain, "number")!.Number);
    });

    [Fact]
    public void LostMessages_TimeOut_AndCutsEndWhenHealed() => Run(static async sim =>
    {
        var grain = sim.GrainFactory.GetGrain<IStateGrain>("g");
        await grain.Set(1);
        sim.Network.Loss = 1;
        await Assert.ThrowsAsync<TimeoutException>(grain.Get);
        sim.Network.Loss = 0;
        var host = sim.Silos.Single(silo => silo.Hosts(grain));
        sim.Network.Isolate(host);
        await Assert.ThrowsAsync<TimeoutException>(grain.Get);
        sim.Network.Heal();
        Assert.Equal((1, true), await grain.Get());
        Assert.InRange(sim.Elapsed.TotalSeconds, 60, 61);
    });

    [Fact]
    public void FrozenSilo_IsDeclaredDead_AndALostActivationIsReplaced() => Run(static async sim =>
    {
        var grain = sim.GrainFactory.GetGrain<IStateGrain>("g");
        await grain.Set(1);
        var host = sim.Silos.Single(silo => silo.Hosts(grain));
        host.Pause();
        await Assert.ThrowsAsync<SiloUnavailableException>(grain.Get);
        host.Resume();
        var second = await sim.Retry(grain.WhoAmI);
        Assert.True(sim.LoseActivation(grain));
        await sim.Delay(TimeSpan.FromSeconds(10));
        Assert.NotEqual(second, await grain.WhoAmI());
        await sim.Delay(TimeSpan.FromSeconds(3));
        Assert.False(host.IsAlive);
    });

    [Fact]
    public void Reminder_TicksOnAfterItsSiloWasKilled() => Run(static async sim =>
    {
        var probe = Probe.Of("reminded in each run");
        var earlier = probe.Entries.Count;
        var grain = sim.GrainFactory.GetGrain<IReminderGrain>(probe.Key);
        await grain.Register("r", TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(1));
        sim.Silos.Single(silo => silo.Hosts(grain)).Kill();
        await sim.Delay(TimeSpan.FromMinutes(10.5));
        Assert.InRange(probe.Count("r every 1 min") - earlier, 9, 10);
        Assert.True(await grain.Unregister("r"));
        var before = probe.Entries.Count;
        await sim.Delay(TimeSpan.FromMinutes(5));
        Assert.Equal(before, probe.Entries.Count);
    });

    [Fact]
    public void Services_AreSharedByTheSilosOfARun_AndNotByRuns()
    {
        List<int> counts = [];
        var options = new SimulationOptions
        {
            Silos = 3,
            ConfigureServices = static (services, sim) => services.AddSingleton(sim.Shared(static () => new List<int>())),
        };
        Seeds.Run(2, from: 1, sim =>
        {
            foreach (var silo in sim.Silos) silo.Services.GetRequiredService<List<int>>().Add(1);
            counts.Add(sim.Silos[0].Restart().Services.GetRequiredService<List<int>>().Count);
            return Task.CompletedTask;
        }, options);
        Assert.Equal([3, 3, 3], counts);
    }

    private static void Run(Func<SimulatedCluster, Task> test) => Seeds.Run(20, from: 1, test);
}
