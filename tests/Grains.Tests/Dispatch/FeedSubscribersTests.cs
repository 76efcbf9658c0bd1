using OrleansTasks.Feed;
using OrleansTasks.Queues;

namespace OrleansTasks.Grains.Tests.Dispatch;

public sealed class FeedSubscribersTests
{
    private readonly FeedSubscribers subscribers = new();
    private readonly Listener first = new();
    private readonly Listener second = new();

    [Fact]
    public void Remove_ArrivesAfterANewerAdd_IsIgnored()
    {
        subscribers.Add("g", 1, first, now: 0);
        subscribers.Add("g", 3, first, now: 0);
        subscribers.Remove("g", 2, now: 0);
        Assert.Equal(1, HeardBy(first, now: 0));
    }

    [Fact]
    public void Add_ArrivesAfterANewerRemove_IsIgnored()
    {
        subscribers.Remove("g", 2, now: 0);
        subscribers.Add("g", 1, first, now: 0);
        Assert.Equal(0, HeardBy(first, now: 0));
    }

    [Fact]
    public void Add_GatewayStartedAgain_BeginsToCountAnew()
    {
        subscribers.Add("g-first", 9, first, now: 0);
        subscribers.Add("g-second", 1, second, now: 0);
        Assert.Equal(1, HeardBy(second, now: 0));
    }

    [Fact]
    public void Publish_TermIsOver_ForgetsTheSubscriptionAndItsNumber()
    {
        subscribers.Add("g", 5, first, now: 0);
        Assert.Equal(1, HeardBy(first, now: 30_000));
        Assert.Equal(0, HeardBy(first, now: 30_001));
        subscribers.Add("g", 1, first, now: 30_001);
        Assert.Equal(1, HeardBy(first, now: 30_001));
    }

    private int HeardBy(Listener listener, long now)
    {
        var before = listener.Heard;
        subscribers.Publish(new FeedBatch(QueueSettings.DefaultQueue, 1, []), now);
        return listener.Heard - before;
    }

    private sealed class Listener : IFeedObserver
    {
        public int Heard { get; private set; }

        public Task Changed(FeedBatch batch)
        {
            Heard++;
            return Task.CompletedTask;
        }
    }
}
