using Orleans.Storage;

namespace OrleansTasks.Engine.Tests;

/// <summary>What grains rely on of grain storage and reminders.</summary>
public abstract class StateTests(IConformanceHosts hosts) : ConformanceTests(hosts)
{
    [Fact]
    public Task State_Written_IsReadByTheNextActivation() => Run(async () =>
    {
        var grain = Client.GetGrain<IStateGrain>(Probe.New("state").Key);
        Assert.Equal((0, false), await grain.Get().Soon());
        await grain.Set(7).Soon();
        var before = await grain.WhoAmI().Soon();
        await grain.EndOnIdle().Soon();
        Assert.Equal((7, true), await grain.Get().Soon());
        Assert.NotEqual(before, await grain.WhoAmI().Soon());
    });

    [Fact]
    public Task State_Cleared_HasNoRecord() => Run(async () =>
    {
        var grain = Client.GetGrain<IStateGrain>(Probe.New("cleared").Key);
        await grain.Set(7).Soon();
        await grain.Clear().Soon();
        Assert.Equal((0, false), await grain.Get().Soon());
        await grain.EndOnIdle().Soon();
        Assert.Equal((0, false), await grain.Get().Soon());
        await grain.Set(8).Soon();
        Assert.Equal((8, true), await grain.Get().Soon());
    });

    [Fact]
    public Task State_WrittenTwiceAtOnce_HasTheLastValue() => Run(async () =>
    {
        var grain = Client.GetGrain<IStateGrain>(Probe.New("twice").Key);
        await grain.SetTwiceAtOnce(1, 2).Soon();
        await grain.EndOnIdle().Soon();
        Assert.Equal((2, true), await grain.Get().Soon());
    });

    [Fact]
    public Task State_WrittenWithAnOutdatedETag_FailsAndDeactivatesItsActivationAlone() => Run(async () =>
    {
        var key = Probe.New("outdated").Key;
        var (grain, caller) = (Client.GetGrain<IStateGrain>(key), Client.GetGrain<IOldStateGrain>(key));
        var (before, callerBefore) = (await grain.WhoAmI().Soon(), await caller.WhoAmI().Soon());
        await Assert.ThrowsAsync<InconsistentStateException>(() => caller.PassOn(key).Soon());
        Assert.Equal((1, true), await grain.Get().Soon());
        Assert.NotEqual(before, await grain.WhoAmI().Soon());
        Assert.Equal(callerBefore, await caller.WhoAmI().Soon());
    });

    [Fact]
    public Task StateOfTheBaseClass_IsReadByTheNextActivation() => Run(async () =>
    {
        var grain = Client.GetGrain<IOldStateGrain>(Probe.New("old").Key);
        Assert.Equal(3, await grain.Add(3).Soon());
        await grain.EndOnIdle().Soon();
        Assert.Equal(5, await grain.Add(2).Soon());
    });

    [Fact]
    public Task Reminder_IsListedUntilItIsUnregistered() => Run(async () =>
    {
        var grain = Client.GetGrain<IReminderGrain>(Probe.New("reminded").Key);
        await grain.Register("b", TimeSpan.FromHours(1), TimeSpan.FromMinutes(2)).Soon();
        await grain.Register("a", TimeSpan.Zero, TimeSpan.FromMinutes(1)).Soon();
        Assert.Equal(["a", "b"], await grain.List().Soon());
        Assert.True(await grain.Unregister("a").Soon());
        Assert.False(await grain.Unregister("a").Soon());
        Assert.False(await grain.Has("a").Soon());
        Assert.True(await grain.Has("b").Soon());
    });

    [Fact]
    public Task Reminder_WithAShortPeriod_IsRefused() => Run(async () =>
    {
        var grain = Client.GetGrain<IReminderGrain>(Probe.New("hurried").Key);
        await Assert.ThrowsAsync<ArgumentException>(() => grain.Register("a", TimeSpan.Zero, TimeSpan.FromSeconds(59)).Soon());
    });
}

public sealed class StateTestsOnOrleans(OrleansHosts hosts) : StateTests(hosts);

public sealed class StateTestsInSimulation() : StateTests(SimulatedHosts.All);
