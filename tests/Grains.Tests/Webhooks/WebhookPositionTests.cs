using OrleansTasks.Events;
using OrleansTasks.Feed;
using OrleansTasks.Queues;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;
using OrleansTasks.Webhooks;

namespace OrleansTasks.Grains.Tests.Webhooks;

public sealed class WebhookPositionTests
{
    private static readonly WebhookRow Row =
        new("w", "http://a", WebhookTypes.Task | WebhookTypes.Queue, Paused: false, 1, new byte[] { 1 });

    [Fact]
    public void TakeNew_EventWithAStoredDelivery_IsPassedOverInEverySource()
    {
        var position = new WebhookPosition(Row);
        position.IsStored(MessageOf(QueueEvent(1, at: 10)));
        position.Add(LogPage(at: 20), isLast: true);
        position.Add(new EventPage(0, [QueueEvent(1, at: 10), QueueEvent(2, at: 30)]), isLast: true);

        Assert.True(position.HasNew);
        Assert.Equal(EventSource.Log, position.TakeNew().Source);
        Assert.Equal((EventSource.Resources, 2L), (position.TakeNew() is var second) ? (second.Source, second.Number) : default);
        Assert.False(position.HasNew);
    }

    private static ResourceEvent QueueEvent(long sequence, long at) =>
        new(sequence, at, ResourceKind.Queue, "a", ResourceState.Changed);

    private static string MessageOf(ResourceEvent one) =>
        new StoredEvent(EventSource.Resources, one.Sequence, 0, one.At, null, default, one).MessageFor(Row.Id);

    private static EventPage LogPage(long at) => new(0, ImmutableArray.Create(new EventRecord(
        QueueSettings.DefaultQueue, 1, at, [new FeedEntry(new TaskId(1, 1), TaskState.Queued, 1)], 1)));
}
