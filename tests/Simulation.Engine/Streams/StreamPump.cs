namespace OrleansTasks.Simulation.Engine;

/// <summary>
/// The queue of one stream and subscriber: items are delivered one by one, each again until it is taken or its time is
/// over. It lives while it has items.
/// </summary>
internal sealed class StreamPump : ITurn
{
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(5);

    private readonly Queue<StreamItem> _items = [];
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TurnQueue _turns;
    private readonly GrainHost _host;
    private bool _started;
    private bool _retired;

    internal StreamPump(GrainHost host, StreamKey key)
    {
        _host = host;
        Key = key;
        _turns = new TurnQueue(host.Scheduler, this, host, host.Turns);
    }

    internal StreamKey Key { get; }

    /// <summary>Takes an item.</summary>
    /// <returns>False when this pump has run empty and is over.</returns>
    /// <exception cref="InvalidOperationException">The queue is full.</exception>
    internal bool TryAdd(StreamItem item)
    {
        if (_retired) return false;
        if (_items.Count >= _host.Options.StreamQueueCapacity)
            throw new InvalidOperationException($"The queue of stream {Key.Stream} is full ({_items.Count} items).");
        _items.Enqueue(item);
        if (_started) return true;
        _started = true;
        _turns.Enqueue(this);
        return true;
    }

    public void Run() => _ = PumpAsync();

    internal Task EndAsync() => _ended.Task;

    internal void Crash()
    {
        _turns.Halt();
        _ended.TrySetResult();
    }

    private async Task PumpAsync()
    {
        while (Next() is { } item)
        {
            await DeliverAsync(item);
            _items.Dequeue();
        }

        _host.Streams.Retire(this);
        _ended.TrySetResult();
    }

    private StreamItem? Next()
    {
        if (_items.TryPeek(out var item)) return item;
        _retired = true;
        return null;
    }

    private async Task DeliverAsync(StreamItem item)
    {
        var begun = _host.Clock.GetTimestamp();
        for (var delay = FirstDelay; ; delay = delay * 2 < LongestDelay ? delay * 2 : LongestDelay)
        {
            if (await TryDeliverAsync(new StreamDelivery(Key, item)) is not { } failure) return;
            if (_host.Streams.Stopping.IsCancellationRequested
                || _host.Clock.GetElapsedTime(begun) + delay > _host.Options.MaxStreamDeliveryTime)
            {
                _host.LogItemGivenUp(
                    Key.Subscriber, Key.Stream, Key.Provider, _host.Options.MaxStreamDeliveryTime, failure);
                await GiveUpAsync(item, failure);
                return;
            }

            _host.LogItemRetried(Key.Subscriber, Key.Stream, Key.Provider, delay, failure);
            await Task.Delay(delay, _host.Clock, _host.Streams.Stopping).ConfigureAwait(
                ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        }
    }

    private async Task GiveUpAsync(StreamItem item, Exception failure)
    {
        await TryDeliverAsync(new StreamDelivery(Key, item, failure));
    }

    // Within one silo a delivery always comes to an end; on the way to another one it may be lost.
    private async Task<Exception?> TryDeliverAsync(StreamDelivery delivery)
    {
        _host.Route(delivery);
        if (delivery.Outcome.IsCompleted) return await delivery.Outcome;
        using var limit = new CancellationTokenSource(_host.Options.ResponseTimeout, _host.Clock);
        try
        {
            await delivery.Outcome.OrCancelledAsync(limit.Token);
            return await delivery.Outcome;
        }
        catch (OperationCanceledException)
        {
            return new TimeoutException($"An item of stream {Key.Stream} was not taken in {_host.Options.ResponseTimeout}.");
        }
    }
}
