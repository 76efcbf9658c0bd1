using Microsoft.Extensions.Logging.Abstractions;
using OrleansTasks.Client.Feed;
using OrleansTasks.Feed;
using OrleansTasks.Queues;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Tests.Gateway;

/// <summary>
/// A gateway's feed of one queue and the subscribers of its dispatcher, with a network between them that delivers a message
/// when a test says so. Everything happens on the test's thread.
/// </summary>
internal sealed class FeedRig : IFeedObserver
{
    private const string Gateway = "gateway-1";
    private static readonly TaskRecord Waited = Records.New(TaskState.Running, attempt: 1);
    private readonly List<TaskCompletionSource> underWay = [];
    private readonly ScriptedDispatcher dispatcher;
    private readonly QueueFeed feed;
    private readonly Signal signal = new(TimeProvider.System);
    private int heard;
    private long lastNumber;

    public FeedRig()
    {
        var queue = QueueSettings.DefaultQueue;
        dispatcher = new ScriptedDispatcher(queue, new ScriptedReader()) { OnSubscribe = Send, OnUnsubscribe = Send };
        feed = new QueueFeed(queue, dispatcher, () => ++lastNumber, NullLogger.Instance);
    }

    /// <summary>How many messages are on their way to the dispatcher, oldest first.</summary>
    public int UnderWay => underWay.Count;

    /// <summary>Whether somebody waits.</summary>
    public bool IsWaiting => feed.Watched > 0;

    /// <summary>Whether somebody waits, and was told that commits are heard of.</summary>
    public bool ExpectsNews => IsWaiting && feed.IsSubscribed;

    /// <summary>Whether the dispatcher has the gateway as a subscriber.</summary>
    public bool IsSubscribed => dispatcher.Subscribers > 0;

    /// <summary>A request begins to wait.</summary>
    public void Begin()
    {
        feed.Watch(Waited.Id, signal);
        _ = feed.Subscribe(Gateway, this);
    }

    /// <summary>It ends.</summary>
    public void End() => feed.Unwatch(Waited.Id, signal);

    /// <summary>The 10 s between two refreshes are over.</summary>
    public void Refresh() => feed.Renew(Gateway, this);

    /// <summary>A message arrives.</summary>
    public void Deliver(int index)
    {
        var message = underWay[index];
        underWay.RemoveAt(index);
        message.SetResult();
    }

    /// <summary>A message does not arrive, and its sender hears so.</summary>
    public void Lose(int index)
    {
        var message = underWay[index];
        underWay.RemoveAt(index);
        message.SetException(new TimeoutException());
    }

    /// <summary>The queue moves to another silo.</summary>
    public void Move() => dispatcher.Move();

    /// <summary>Completes when the waiting request is woken.</summary>
    public Task<bool> Woken() => signal.Wait(Timeout.InfiniteTimeSpan, TestContext.Current.CancellationToken);

    /// <summary>Commits something; whether the gateway was told.</summary>
    public bool Publish()
    {
        var before = heard;
        _ = dispatcher.Commit(Waited);
        return heard > before;
    }

    public Task Changed(FeedBatch batch)
    {
        if (batch.IsFarewell)
            return feed.Rejoin(Gateway, this);
        heard++;
        feed.Take(batch);
        return Task.CompletedTask;
    }

    // Whoever sends goes on in the same call as the message arrives: nothing here runs beside the test.
    private Task Send()
    {
        var message = new TaskCompletionSource();
        underWay.Add(message);
        return message.Task;
    }
}
