using Orleans.Runtime;
using Orleans.Streams.Core;

namespace OrleansTasks.Engine.Embedded;

/// <summary>The subscriptions of one activation. Used in its turns only.</summary>
internal sealed class StreamSubscriptions(Activation activation)
{
    private readonly Dictionary<(string Provider, StreamId Stream), IStreamSubscription> _attached = [];

    /// <summary>
    /// Finds the subscription; a grain that hears of the stream for the first time is asked to attach one.
    /// </summary>
    internal async Task<IStreamSubscription?> FindAsync(string provider, StreamId stream)
    {
        if (_attached.TryGetValue((provider, stream), out var found)) return found;
        if (activation.GrainInstance is not IStreamSubscriptionObserver observer) return null;
        await observer.OnSubscribed(new StreamSubscriptionFactory(this, provider, stream));
        return _attached.GetValueOrDefault((provider, stream));
    }

    internal void Attach(string provider, StreamId stream, IStreamSubscription subscription) =>
        _attached[(provider, stream)] = subscription;
}
