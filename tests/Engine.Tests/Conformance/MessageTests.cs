namespace OrleansTasks.Engine.Tests;

/// <summary>Behaviours 13 and 14: what becomes of messages.</summary>
public sealed class MessageTests(ConformanceFixture fixture)
{
    private readonly IClusterClient _client = fixture.Client;

    [Fact]
    public async Task B13_MutableArgument_ChangedAfterSending_IsSeenAsItWas()
    {
        var probe = Probe.New("messages");
        var message = new MutableMessage { Text = "before", Numbers = [1, 2], Inner = new() { Text = "inner" } };
        var call = _client.GetGrain<IMessageGrain>(probe.Key).ReadAfter(message, "gate");
        await probe.GateOf("gate").Entered;
        message.Text = "after";
        message.Numbers.Add(3);
        message.Inner.Text = "changed";
        probe.GateOf("gate").Open();
        Assert.Equal("before 1,2 inner", await call.Soon());
    }

    [Fact]
    public async Task B13_MutableResult_ChangedByTheCaller_LeavesTheGrainsOwnAlone()
    {
        var grain = _client.GetGrain<IMessageGrain>(Probe.New("messages").Key);
        var first = await grain.Kept().Soon();
        first.Text = "changed";
        first.Numbers.Clear();
        var second = await grain.Kept().Soon();
        Assert.Equal("mine", second.Text);
        Assert.Equal([1], second.Numbers);
    }

    [Fact]
    public async Task B13_Collections_AreCopied()
    {
        var grain = _client.GetGrain<IMessageGrain>(Probe.New("messages").Key);
        List<string> items = ["a", "b"];
        var echoed = await grain.EchoList(items).Soon();
        Assert.Equal(items, echoed);
        Assert.NotSame(items, echoed);
        Dictionary<string, int[]> map = new() { ["x"] = [1, 2] };
        var echoedMap = await grain.EchoMap(map).Soon();
        Assert.Equal(map["x"], echoedMap["x"]);
        Assert.NotSame(map["x"], echoedMap["x"]);
    }

    [Fact]
    public async Task B13_ImmutableMessage_ArrivesWhole()
    {
        var message = new FixedMessage(7, "seven");
        Assert.Equal(message, await _client.GetGrain<IMessageGrain>(Probe.New("messages").Key).Echo(message).Soon());
    }

    [Fact]
    public async Task B14_UnsendableArgument_FailsAtTheCaller()
    {
        var grain = _client.GetGrain<IMessageGrain>(Probe.New("messages").Key);
        var failure = await Assert.ThrowsAnyAsync<Exception>(() => grain.Take(new Unsendable()).Soon());
        Assert.Contains(nameof(Unsendable), failure.Message);
        Assert.Equal("7", await grain.Take(7).Soon());
    }
}
