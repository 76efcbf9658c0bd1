namespace OrleansTasks.Engine.Tests;

/// <summary>Behaviours 13 and 14: what becomes of messages.</summary>
public abstract class MessageTests(IConformanceHosts hosts) : ConformanceTests(hosts)
{
    [Fact]
    public Task B13_MutableArgument_ChangedAfterSending_IsSeenAsItWas() => Run(async () =>
    {
        var probe = Probe.New("messages");
        var message = new MutableMessage { Text = "before", Numbers = [1, 2], Inner = new() { Text = "inner" } };
        var call = Client.GetGrain<IMessageGrain>(probe.Key).ReadAfter(message, "gate");
        await probe.GateOf("gate").Entered;
        message.Text = "after";
        message.Numbers.Add(3);
        message.Inner.Text = "changed";
        probe.GateOf("gate").Open();
        Assert.Equal("before 1,2 inner", await call.Soon());
    });

    [Fact]
    public Task B13_MutableResult_ChangedByTheCaller_LeavesTheGrainsOwnAlone() => Run(async () =>
    {
        var grain = Client.GetGrain<IMessageGrain>(Probe.New("messages").Key);
        var first = await grain.Kept().Soon();
        first.Text = "changed";
        first.Numbers.Clear();
        var second = await grain.Kept().Soon();
        Assert.Equal("mine", second.Text);
        Assert.Equal([1], second.Numbers);
    });

    [Fact]
    public Task B13_Collections_AreCopied() => Run(async () =>
    {
        var grain = Client.GetGrain<IMessageGrain>(Probe.New("messages").Key);
        List<string> items = ["a", "b"];
        var echoed = await grain.EchoList(items).Soon();
        Assert.Equal(items, echoed);
        Assert.NotSame(items, echoed);
        Dictionary<string, int[]> map = new() { ["x"] = [1, 2] };
        var echoedMap = await grain.EchoMap(map).Soon();
        Assert.Equal(map["x"], echoedMap["x"]);
        Assert.NotSame(map["x"], echoedMap["x"]);
    });

    [Fact]
    public Task B13_ImmutableMessage_ArrivesWhole() => Run(async () =>
    {
        var message = new FixedMessage(7, "seven");
        Assert.Equal(message, await Client.GetGrain<IMessageGrain>(Probe.New("messages").Key).Echo(message).Soon());
    });

    [Fact]
    public Task B14_UnsendableArgument_FailsAtTheCaller() => Run(async () =>
    {
        var grain = Client.GetGrain<IMessageGrain>(Probe.New("messages").Key);
        var failure = await Assert.ThrowsAnyAsync<Exception>(() => grain.Take(new Unsendable()).Soon());
        Assert.Contains(nameof(Unsendable), failure.Message);
        Assert.Equal("7", await grain.Take(7).Soon());
    });
}

public sealed class MessageTestsOnOrleans(OrleansHosts hosts) : MessageTests(hosts);

public sealed class MessageTestsInSimulation() : MessageTests(SimulatedHosts.All);
