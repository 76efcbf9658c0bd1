using OrleansTasks.Feed;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Feed;

/// <summary>
/// This gateway's feed of one queue: the signals of callers that wait for a task or for any commit. While there are
/// any, the gateway is subscribed at the queue's dispatcher. Requests to the dispatcher are numbered, because a request
/// to subscribe can overtake an earlier one to unsubscribe.
/// </summary>
internal sealed partial class QueueFeed(
    string queue, ITaskDispatcherGrain dispatcher, Func<long> nextNumber, ILogger logger)
{
    private readonly Lock gate = new();
    private readonly Dictionary<TaskId, List<Signal>> watched = [];
    private readonly HashSet<Signal> listeners = [];
    private Task<bool>? subscribing;
    private long lastNumber;
    private long lastSequence;

    /// <summary>The queue's name.</summary>
    public string Queue => queue;

    /// <summary>The number of tasks that callers are waiting for.</summary>
    public int Watched
    {
        get
        {
            lock (gate)
                return watched.Count;
        }
    }

    /// <summary>Whether the feed can be removed, because it has neither waiting callers nor subscriptions.</summary>
    public bool IsIdle
    {
        get
        {
            lock (gate)
                return watched.Count == 0 && listeners.Count == 0 && subscribing is null;
        }
    }

    /// <summary>Whether the dispatcher has accepted the subscription.</summary>
    public bool IsSubscribed
    {
        get
        {
            lock (gate)
                return subscribing is { IsCompleted: true, Result: true };
        }
    }

    /// <summary>Adds a signal that every transition of one task sets.</summary>
    public void Watch(TaskId task, Signal signal)
    {
        lock (gate)
        {
            if (!watched.TryGetValue(task, out var signals))
                watched[task] = signals = [];
            signals.Add(signal);
        }
    }

    /// <summary>Ends <see cref="Watch"/>.</summary>
    public void Unwatch(TaskId task, Signal signal)
    {
        lock (gate)
        {
            if (watched.TryGetValue(task, out var signals) && signals.Remove(signal) && signals.Count == 0)
                watched.Remove(task);
        }
    }

    /// <summary>Adds a signal that every commit sets.</summary>
    public void Listen(Signal signal)
    {
        lock (gate)
            listeners.Add(signal);
    }

    /// <summary>Ends <see cref="Listen"/>.</summary>
    public void Unlisten(Signal signal)
    {
        lock (gate)
            listeners.Remove(signal);
    }

    /// <summary>
    /// Subscribes at the dispatcher unless a subscription exists or is under way. Commits after the returned task
    /// completes are reported. A failed request is only logged and does not fail the task, because waiting callers also
    /// look every few seconds without a signal.
    /// </summary>
    /// <param name="gateway">The name of this gateway.</param>
    /// <param name="observer">Receives the commits.</param>
    public Task Subscribe(string gateway, IFeedObserver observer)
    {
        lock (gate)
        {
            // A request that fails while a newer one is under way stays here with the result false.
            return subscribing is null or { IsCompleted: true, Result: false }
                ? subscribing = Send(gateway, lastNumber = nextNumber(), observer)
                : subscribing;
        }
    }

    /// <summary>
    /// Renews the subscription if any caller waits, and ends it otherwise. Does not wait for the dispatcher. If the
    /// renewal fails, all waiting callers are woken and look for themselves.
    /// </summary>
    /// <inheritdoc cref="Subscribe"/>
    public void Renew(string gateway, IFeedObserver observer)
    {
        bool isWanted;
        long number;
        lock (gate)
        {
            isWanted = watched.Count > 0 || listeners.Count > 0;
            if (!isWanted && subscribing is null)
                return;
            number = lastNumber = nextNumber();
            if (!isWanted)
                (subscribing, lastSequence) = (null, 0);
        }

        _ = isWanted ? Send(gateway, number, observer) : Unsubscribe(gateway, number);
    }

    /// <summary>
    /// Handles a dispatcher's last message: subscribes at its successor if callers wait, and then wakes them, because
    /// nothing has reported the commits in between.
    /// </summary>
    public async Task Rejoin(string gateway, IFeedObserver observer)
    {
        Task<bool> sent;
        lock (gate)
        {
            lastSequence = 0;
            subscribing = null;
            if (watched.Count == 0 && listeners.Count == 0)
                return;
            subscribing = sent = Send(gateway, lastNumber = nextNumber(), observer);
        }

        if (await sent)
            SignalAll();
    }

    /// <summary>
    /// Handles a commit's transitions. A gap in the sequence means that a commit was missed, so all waiting callers are
    /// woken.
    /// </summary>
    public void Take(FeedBatch batch)
    {
        lock (gate)
        {
            var follows = batch.Sequence == lastSequence + 1;
            lastSequence = batch.Sequence;
            foreach (var listener in listeners)
                listener.Set();
            if (follows)
            {
                foreach (var entry in batch.Entries)
                    SetAll(entry.Task);
                return;
            }
        }

        SignalAll();
    }

    private void SetAll(TaskId task)
    {
        if (!watched.TryGetValue(task, out var signals))
            return;
        foreach (var signal in signals)
            signal.Set();
    }

    private void SignalAll()
    {
        lock (gate)
        {
            foreach (var signals in watched.Values)
            {
                foreach (var signal in signals)
                    signal.Set();
            }

            foreach (var listener in listeners)
                listener.Set();
        }
    }

    /// <summary>
    /// Sends one request to subscribe; returns false if it failed. The number tells the dispatcher which request is the
    /// newest, in whatever order they arrive.
    /// </summary>
    private async Task<bool> Send(string gateway, long number, IFeedObserver observer)
    {
        try
        {
            await dispatcher.Follow(gateway, number, observer);
            return true;
        }
        catch (Exception fault)
        {
            LogSubscribeFailed(queue, fault);
        }

        lock (gate)
        {
            // Unless there is a newer request, the next waiting caller subscribes again.
            if (number == lastNumber)
                subscribing = null;
            lastSequence = 0;
        }

        SignalAll();
        return false;
    }

    private async Task Unsubscribe(string gateway, long number)
    {
        try
        {
            await dispatcher.Unfollow(gateway, number);
        }
        catch (Exception fault)
        {
            // The subscription expires 30 s after its last renewal anyway.
            LogUnsubscribeFailed(queue, fault);
        }
    }
}
