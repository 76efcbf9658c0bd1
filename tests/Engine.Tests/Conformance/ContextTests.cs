namespace OrleansTasks.Engine.Tests;

/// <summary>Behaviours 22 and 23: what travels with calls, and who sees them.</summary>
public abstract class ContextTests(IConformanceHosts hosts) : ConformanceTests(hosts)
{
    [Fact]
    public Task B22_RequestContext_FlowsToTheCalleeAndItsCalleesAndAsyncLocalsDoNot() => Run(async () =>
    {
        var grain = Client.GetGrain<IContextGrain>(Probe.New("context").Key);
        var further = Client.GetGrain<IContextGrain>(Probe.New("context").Key);
        ContextGrain.Ambient.Value = "of the client";
        RequestContext.Set("name", "value");
        Assert.Equal("value none", await grain.Read().Soon());
        Assert.Equal("value none", await grain.ReadThrough(further).Soon());
        RequestContext.Remove("name");
        Assert.Equal("none none", await grain.Read().Soon());
    });

    [Fact]
    public Task B22_RequestContext_DoesNotFlowBackOrIntoTheNextCall() => Run(async () =>
    {
        var grain = Client.GetGrain<IContextGrain>(Probe.New("context").Key);
        await grain.Write().Soon();
        Assert.Null(RequestContext.Get("name"));
        Assert.Equal("none none", await grain.Read().Soon());
    });

    [Fact]
    public Task B23_Filters_RunInOrderAroundTheCall() => Run(async () =>
    {
        var probe = Probe.New("filters");
        Assert.Equal("hello", await Client.GetGrain<IFilteredGrain>(probe.Key).Say("hello").Soon());
        Assert.Equal(
            [
                "out>Say", "first>Say", "second>Say", "own>Say", "method",
                "own<hello", "second<hello", "first<hello", "out<hello",
            ],
            probe.Entries);
    });

    [Fact]
    public Task B23_Filters_SeeExceptions() => Run(async () =>
    {
        var probe = Probe.New("filters");
        await Assert.ThrowsAsync<InvalidOperationException>(
            () => Client.GetGrain<IFilteredGrain>(probe.Key).Fail("no").Soon());
        Assert.Equal(
            ["out>Fail", "first>Fail", "second>Fail", "own>Fail", "second!no", "first!no", "out!no"], probe.Entries);
    });

    [Fact]
    public Task B23_Filter_MayReplaceTheResult() => Run(async () =>
    {
        var grain = Client.GetGrain<IFilteredGrain>(Probe.New("filters").Key);
        Assert.Equal("replaced", await grain.Say("replace me").Soon());
    });
}

public sealed class ContextTestsOnOrleans(OrleansHosts hosts) : ContextTests(hosts);

public sealed class ContextTestsInSimulation() : ContextTests(SimulatedHosts.All);
