namespace OrleansTasks.Engine.Tests;

/// <summary>Behaviours 22 and 23: what travels with calls, and who sees them.</summary>
public sealed class ContextTests(ConformanceFixture fixture)
{
    private readonly IClusterClient _client = fixture.Client;

    [Fact]
    public async Task B22_RequestContext_FlowsToTheCalleeAndItsCalleesAndAsyncLocalsDoNot()
    {
        var grain = _client.GetGrain<IContextGrain>(Probe.New("context").Key);
        var further = _client.GetGrain<IContextGrain>(Probe.New("context").Key);
        ContextGrain.Ambient.Value = "of the client";
        RequestContext.Set("name", "value");
        Assert.Equal("value none", await grain.Read().Soon());
        Assert.Equal("value none", await grain.ReadThrough(further).Soon());
        RequestContext.Remove("name");
        Assert.Equal("none none", await grain.Read().Soon());
    }

    [Fact]
    public async Task B22_RequestContext_DoesNotFlowBackOrIntoTheNextCall()
    {
        var grain = _client.GetGrain<IContextGrain>(Probe.New("context").Key);
        await grain.Write().Soon();
        Assert.Null(RequestContext.Get("name"));
        Assert.Equal("none none", await grain.Read().Soon());
    }

    [Fact]
    public async Task B23_Filters_RunInOrderAroundTheCall()
    {
        var probe = Probe.New("filters");
        Assert.Equal("hello", await _client.GetGrain<IFilteredGrain>(probe.Key).Say("hello").Soon());
        Assert.Equal(
            [
                "out>Say", "first>Say", "second>Say", "own>Say", "method",
                "own<hello", "second<hello", "first<hello", "out<hello",
            ],
            probe.Entries);
    }

    [Fact]
    public async Task B23_Filters_SeeExceptions()
    {
        var probe = Probe.New("filters");
        await Assert.ThrowsAsync<InvalidOperationException>(
            () => _client.GetGrain<IFilteredGrain>(probe.Key).Fail("no").Soon());
        Assert.Equal(
            ["out>Fail", "first>Fail", "second>Fail", "own>Fail", "second!no", "first!no", "out!no"], probe.Entries);
    }

    [Fact]
    public async Task B23_Filter_MayReplaceTheResult()
    {
        var grain = _client.GetGrain<IFilteredGrain>(Probe.New("filters").Key);
        Assert.Equal("replaced", await grain.Say("replace me").Soon());
    }
}
