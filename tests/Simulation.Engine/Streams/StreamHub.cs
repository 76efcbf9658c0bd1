using Orleans.Providers.Streams.Common;

namespace OrleansTasks.Simulation.Engine;

/// <summary>Who subscribes to which streams, and the queues that have items.</summary>
internal sealed class StreamHub(GrainHost host)
{
    private readonly Dictionary<StreamKey, StreamPump> _pumps = [];
    private readonly Dictionary<StreamId, GrainId[]> _subscribers = [];
    private readonly HashSet<StreamKey> _stuck = [];
    private CancellationTokenSource _stopping = new();
    private long _sequence;

    /// <summary>Cancelled when items that fail are no longer tried again.</summary>
    internal CancellationToken Stopping => _stopping.Token;

    /// <summary>Accepts an item for all subscribers of a stream.</summary>
    /// <exception cref="InvalidOperationException">A queue is full.</exception>
    /// <exception cref="SiloUnavailableException">The silo does not run.</exception>
    internal void Publish(string provider, StreamId stream, object value)
    {
        if (host.State is not (SiloState.Running or SiloState.Stopping))
            throw new SiloUnavailableException($"Silo {host.Name} does not run.");
        var bytes = host.Types.Serialize(value);
        foreach (var subscriber in SubscribersOf(stream))
        {
            var key = new StreamKey(provider, stream, subscriber);
            var item = new StreamItem(bytes, new EventSequenceTokenV2(++_sequence), TravellingContext.Export(host.Types.Copier));
            if (_stuck.Contains(key) || host.StreamFaults.Stops(bytes.Length)) _stuck.Add(key);
            else foreach (var delay in host.StreamFaults.NextArrivals()) EnqueueAfter(delay, key, item);
        }
    }

    internal void Retire(StreamPump pump)
    {
        if (_pumps.GetValueOrDefault(pump.Key) == pump) _pumps.Remove(pump.Key);
    }

    /// <summary>Ends when what was accepted is delivered; what fails is not tried again.</summary>
    internal Task StopAsync(CancellationToken cancellationToken)
    {
        _stopping.Cancel();
        return _pumps.Values.ToArray().Select(static p => p.EndAsync()).AllEndedAsync(cancellationToken);
    }

    /// <summary>Loses what was accepted.</summary>
    internal void Crash()
    {
        foreach (var pump in _pumps.Values.ToArray()) pump.Crash();
        _pumps.Clear();
        _stopping = new CancellationTokenSource();
    }

    private GrainId[] SubscribersOf(StreamId stream)
    {
        if (_subscribers.TryGetValue(stream, out var known)) return known;
        GrainId[] found =
        [
            .. host.Types.Classes.Select(c => c.SubscriberOf(stream, host.Types.StreamIds)).OfType<GrainId>(),
        ];
        return _subscribers[stream] = found;
    }

    private void EnqueueAfter(TimeSpan delay, StreamKey key, StreamItem item)
    {
        if (delay == TimeSpan.Zero)
        {
            Enqueue(key, item);
            return;
        }

        host.Clock.CreateCleanTimer(
            _ =>
            {
                if (host.State is SiloState.Running) Enqueue(key, item);
            },
            item, delay, Timeout.InfiniteTimeSpan);
    }

    private void Enqueue(StreamKey key, StreamItem item)
    {
        if (_pumps.TryGetValue(key, out var pump) && pump.TryAdd(item)) return;
        pump = _pumps[key] = new StreamPump(host, key);
        pump.TryAdd(item);
    }
}
