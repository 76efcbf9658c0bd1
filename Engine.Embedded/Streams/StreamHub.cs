using Microsoft.Extensions.DependencyInjection;
using System.Collections.Concurrent;
using Orleans.Runtime;

namespace OrleansTasks.Engine.Embedded;

/// <summary>Who subscribes to which streams, and the queues that have items.</summary>
internal sealed class StreamHub
{
    private readonly ConcurrentDictionary<StreamKey, StreamPump> _pumps = new();
    private readonly Dictionary<string, GrainClass[]> _subscribers;
    private readonly HashSet<StreamKey> _stuck = [];
    private readonly EmbeddedSilo _silo;
    private readonly SimStreams? _faults;
    private CancellationTokenSource _stopping = new();
    private long _sequence;

    internal StreamHub(EmbeddedSilo silo)
    {
        _silo = silo;
        _faults = silo.Services.GetService<SimStreams>();
        _subscribers = silo.Classes.All
            .SelectMany(c => c.StreamNamespaces.Select(ns => (Namespace: ns, Class: c)))
            .GroupBy(s => s.Namespace, s => s.Class, StringComparer.Ordinal)
            .ToDictionary(
                g => g.Key, g => g.OrderBy(c => c.Name, StringComparer.Ordinal).ToArray(), StringComparer.Ordinal);
    }

    // In an order of its own: that of the dictionary is another one in each process.
    private StreamPump[] Pumps => [.. _pumps.Values.OrderBy(static p => p.Key.ToString(), StringComparer.Ordinal)];

    /// <summary>Cancelled when items that fail are no longer tried again.</summary>
    internal CancellationToken Stopping => _stopping.Token;

    /// <summary>Accepts an item for all subscribers of a stream.</summary>
    /// <exception cref="InvalidOperationException">A queue is full.</exception>
    /// <exception cref="SiloUnavailableException">The engine does not run.</exception>
    internal void Publish(string provider, StreamId stream, object value)
    {
        if (_silo.State is not (SiloState.Running or SiloState.Stopping))
            throw new SiloUnavailableException("The engine does not run.");
        if (stream.GetNamespace() is not { } name || !_subscribers.TryGetValue(name, out var classes)) return;
        foreach (var subscriber in classes)
        {
            var key = new StreamKey(provider, stream, new GrainId(subscriber.Name, stream.GetKeyAsString()));
            var token = new EventSequenceToken(Interlocked.Increment(ref _sequence));
            var item = new StreamItem(Copier.Copy(value)!, token, RequestContext.Export());
            if (_faults is null) Enqueue(key, item);
            else if (_stuck.Contains(key) || _faults.Stops(value)) _stuck.Add(key);
            else foreach (var delay in _faults.NextArrivals()) EnqueueAfter(delay, key, item);
        }
    }

    internal void Retire(StreamPump pump) => _pumps.TryRemove(new(pump.Key, pump));

    /// <summary>Ends when what was accepted is delivered; what fails is not tried again.</summary>
    internal Task StopAsync(CancellationToken cancellationToken)
    {
        _stopping.Cancel();
        return Pumps.Select(p => p.EndAsync()).AllEndedAsync(cancellationToken);
    }

    /// <summary>Loses what was accepted.</summary>
    internal void Crash()
    {
        foreach (var pump in Pumps) pump.Crash();
        _pumps.Clear();
        _stopping = new CancellationTokenSource();
    }

    private void EnqueueAfter(TimeSpan delay, StreamKey key, StreamItem item)
    {
        if (delay == TimeSpan.Zero)
        {
            Enqueue(key, item);
            return;
        }

        _silo.Clock.CreateCleanTimer(
            _ =>
            {
                if (_silo.State is SiloState.Running) Enqueue(key, item);
            },
            item, delay, Timeout.InfiniteTimeSpan);
    }

    private void Enqueue(StreamKey key, StreamItem item)
    {
        while (true)
        {
            var pump = _pumps.GetOrAdd(key, static (key, silo) => new StreamPump(silo, key), _silo);
            if (pump.TryAdd(item)) return;
            _pumps.TryRemove(new(key, pump));
        }
    }
}
