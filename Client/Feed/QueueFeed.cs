using OrleansTasks.Feed;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Feed;

/// <summary>
/// What this gateway hears of one queue: who waits for which task, and who wants to know that anything happened. It
/// is subscribed at the dispatcher while somebody listens. Its requests to the dispatcher are numbered, because a request to
/// subscribe can overtake an earlier one to unsubscribe.
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

    /// <summary>Which one.</summary>
    public string Queue => queue;

    /// <summary>How many tasks are being waited for.</summary>
    public int Watched
    {
        get
        {
            lock (gate)
                return watched.Count;
        }
    }

    /// <summary>Whether nobody listens and nothing is subscribed.</summary>
    public bool IsIdle
    {
        get
        {
            lock (gate)
                return watched.Count == 0 && listeners.Count == 0 && subscribing is null;
        }
    }

    /// <summary>Whether the dispatcher has taken the subscription.</summary>
    public bool IsSubscribed
    {
        get
        {
            lock (gate)
                return subscribing is { IsCompleted: true, Result: true };
        }
    }

    /// <summary>Signals at every transition of one task.</summary>
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

    /// <summary>Signals at every commit.</summary>
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
    /// Subscribes if that has not been done, or has failed. What commits after it completes is heard of. A fault is logged only:
    /// whoever waits looks again by itself every few seconds.
    /// </summary>
    public Task Subscribe(string gateway, IFeedObserver observer)
    {
        lock (gate)
        {
            return subscribing is null or { IsCompleted: true, Result: false }
                ? subscribing = Send(gateway, lastNumber = nextNumber(), observer)
                : subscribing;
        }
    }

    /// <summary>
    /// Subscribes for another term while somebody listens, and ends the subscription otherwise. When it fails everybody who waits
    /// looks for himself.
    /// </summary>
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

    /// <summary>Takes a commit's transitions. A gap means that something was missed: everybody looks for
    /// himself.</summary>
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
    /// Sends one request to subscribe; false when it failed. The number says what the gateway wanted last, in whatever order its
    /// requests arrive.
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
            // Unless something newer was asked meanwhile, the next who waits asks again.
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
            // It lapses by itself 30 s after the last refresh.
            LogUnsubscribeFailed(queue, fault);
        }
    }
}
