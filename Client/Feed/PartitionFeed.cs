using OrleansTasks.Feed;
using OrleansTasks.Queues;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Feed;

/// <summary>
/// What this gateway hears of one partition: who waits for which task, and who wants to know that anything happened. It
/// is subscribed at the dispatcher while somebody listens.
/// </summary>
internal sealed partial class PartitionFeed(PartitionKey partition, ITaskDispatcherGrain dispatcher, ILogger logger)
{
    private readonly Lock gate = new();
    private readonly Dictionary<TaskId, List<Signal>> watched = [];
    private readonly HashSet<Signal> listeners = [];
    private Task? subscribing;
    private long lastSequence;

    /// <summary>Which one.</summary>
    public PartitionKey Partition => partition;

    /// <summary>How many tasks are being waited for.</summary>
    public int Watched
    {
        get
        {
            lock (gate)
                return watched.Count;
        }
    }

    /// <summary>Whether the dispatcher has taken the subscription.</summary>
    public bool IsSubscribed
    {
        get
        {
            lock (gate)
                return subscribing is { IsCompletedSuccessfully: true };
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
    /// Subscribes if that has not been done. What commits after it completes is heard of. A fault is logged only:
    /// whoever waits looks again by itself every few seconds.
    /// </summary>
    public Task Subscribe(string gateway, IFeedObserver observer)
    {
        lock (gate)
            return subscribing ??= Refresh(gateway, observer);
    }

    /// <summary>Subscribes for another term; when it fails everybody who waits looks for himself.</summary>
    public async Task Refresh(string gateway, IFeedObserver observer)
    {
        try
        {
            await dispatcher.Subscribe(gateway, observer);
        }
        catch (Exception fault)
        {
            LogSubscribeFailed(partition, fault);
            lock (gate)
                lastSequence = 0;
            SignalAll();
        }
    }

    /// <summary>Leaves the dispatcher alone when nobody listens any more; false when somebody does.</summary>
    public bool TryUnsubscribe(string gateway)
    {
        lock (gate)
        {
            if (watched.Count > 0 || listeners.Count > 0)
                return false;
            if (subscribing is null)
                return true;
            subscribing = null;
            lastSequence = 0;
        }

        _ = Unsubscribe(gateway);
        return true;
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

    private async Task Unsubscribe(string gateway)
    {
        try
        {
            await dispatcher.Unsubscribe(gateway);
        }
        catch (Exception fault)
        {
            // It lapses by itself 30 s after the last refresh.
            LogUnsubscribeFailed(partition, fault);
        }
    }
}
