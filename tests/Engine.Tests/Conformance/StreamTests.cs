using Orleans.Streams;

namespace OrleansTasks.Engine.Tests;

/// <summary>Behaviours 26 to 28: streams with implicit subscriptions.</summary>
public abstract class StreamTests(IConformanceHosts hosts) : ConformanceTests(hosts)
{
    [Fact]
    public Task B26_FirstItem_ActivatesTheSubscriberAndItemsComeInOrder() => Run(async () =>
    {
        var probe = Probe.New("stream");
        await Client.GetGrain<IStreamProducerGrain>(probe.Key).Produce(probe.Key, 20).Soon();
        await probe.SeenAsync("item 20");
        Assert.Equal("activated", probe.Entries[0]);
        Assert.Equal("subscribed True streams", probe.Entries[1]);
        Assert.Equal(Enumerable.Range(1, 20).Select(n => $"item {n}"), probe.Entries.Skip(2));
    });

    [Fact]
    public Task B26_FailingConsumer_GetsTheItemAgain() => Run(async () =>
    {
        var probe = Probe.New("stream");
        probe.Fails = true;
        await StreamOf(probe).OnNextAsync(new MutableMessage { Text = "once" }).Soon();
        await probe.SeenAsync("item once");
        Assert.Equal(1, probe.Count("failed"));
    });

    [Fact]
    public Task B26_NextActivation_SubscribesAgain() => Run(async () =>
    {
        var probe = Probe.New("stream");
        await StreamOf(probe).OnNextAsync(new MutableMessage { Text = "one" }).Soon();
        await probe.SeenAsync("item one");
        await Client.GetGrain<IStreamConsumerGrain>(probe.Key).EndOnIdle().Soon();
        await StreamOf(probe).OnNextAsync(new MutableMessage { Text = "two" }).Soon();
        await probe.SeenAsync("item two");
        Assert.Equal(2, probe.Count("activated"));
        Assert.Equal(2, probe.Count("subscribed True streams"));
    });

    [Fact]
    public Task B27_Item_ChangedAfterItWasSent_IsSeenAsItWas() => Run(async () =>
    {
        var probe = Probe.New("stream");
        await StreamOf(probe).OnNextAsync(new MutableMessage { Text = "hold" }).Soon();
        await probe.GateOf("item").Entered;
        var item = new MutableMessage { Text = "before", Numbers = [1] };
        await StreamOf(probe).OnNextAsync(item).Soon();
        item.Text = "after";
        item.Numbers.Add(2);
        probe.GateOf("item").Open();
        await probe.SeenAsync("item before1");
    });

    [Fact]
    public Task B28_OnNextAsync_IsDoneWhenAcceptedNotWhenDelivered() => Run(async () =>
    {
        var probe = Probe.New("stream");
        await StreamOf(probe).OnNextAsync(new MutableMessage { Text = "hold" }).Soon();
        await probe.GateOf("item").Entered;
        for (var i = 0; i < 10; i++) await StreamOf(probe).OnNextAsync(new MutableMessage { Numbers = [i] }).Soon();
        Assert.Equal(0, probe.Count("item hold"));
        probe.GateOf("item").Open();
        await probe.SeenAsync("item 9");
    });

    [Fact]
    public Task B26_StreamWithoutSubscribers_TakesItems() => Run(() => Client.GetStreamProvider(IConformanceHost.Streams)
        .GetStream<MutableMessage>(StreamId.Create("nobody-listens", "here")).OnNextAsync(new MutableMessage()).Soon());

    private IAsyncStream<MutableMessage> StreamOf(Probe probe) => Client.GetStreamProvider(IConformanceHost.Streams)
        .GetStream<MutableMessage>(StreamId.Create("engine-tests", probe.Key));
}

public sealed class StreamTestsOnOrleans(OrleansHosts hosts) : StreamTests(hosts);

public sealed class StreamTestsInSimulation() : StreamTests(SimulatedHosts.All);
