using Microsoft.Extensions.DependencyInjection;
using OrleansTasks.Client.Feed;
using OrleansTasks.Client.Tasks;

namespace OrleansTasks.Client.Tests.Gateway;

/// <summary>That a gateway remembers queues that are in use, not every queue that it has met.</summary>
public sealed class IdleQueueTests : IAsyncLifetime
{
    private readonly ScriptedGrains grains = new();
    private readonly VirtualTime time = new();
    private GatewayHost gateway = null!;

    public async ValueTask InitializeAsync() => gateway = await GatewayHost.Start(grains, time);

    public ValueTask DisposeAsync() => gateway.DisposeAsync();

    [Fact]
    public async Task Submit_ToManyQueuesOneAfterTheOther_KeepsFewLanes()
    {
        var pump = gateway.Services.GetRequiredService<SubmitPump>();
        for (var i = 0; i < 300; i++)
            Assert.Equal(202, (await gateway.Post("/tasks", $$"""{"cmd":"true","queue":"q{{i}}"}""")).Status);
        Assert.InRange(pump.Lanes, 1, 130);
    }

    [Fact]
    public async Task Listen_ToAQueueAndNoMore_IsForgottenAndSubscribedAnewLater()
    {
        var hub = gateway.Services.GetRequiredService<FeedHub>();
        var key = "q";
        var signal = hub.NewSignal();
        var first = hub.Of(key);
        first.Listen(signal);
        await hub.Subscribe(first);
        Assert.Equal((1, 1), (hub.Count, grains.Dispatcher("q").Subscribers));
        time.Advance(3 * FeedHub.RefreshPeriod);
        Assert.Equal(1, hub.Count);

        first.Unlisten(signal);
        await Eventually.True(() =>
        {
            time.Advance(FeedHub.RefreshPeriod);
            return hub.Count == 0;
        });
        Assert.Equal(0, grains.Dispatcher("q").Subscribers);

        // A number that began anew would count as older than the end of the first subscription.
        var second = hub.Of(key);
        second.Listen(signal);
        await hub.Subscribe(second);
        Assert.Equal(1, grains.Dispatcher("q").Subscribers);
    }
}
