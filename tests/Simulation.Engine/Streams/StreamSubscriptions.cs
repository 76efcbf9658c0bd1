using Orleans.Streams;
using Orleans.Streams.Core;

namespace OrleansTasks.Simulation.Engine;

/// <summary>A subscription of an activation, whatever its type of items.</summary>
internal interface IStreamSubscription
{
    Task DeliverAsync(object item, StreamSequenceToken token);

    Task FailAsync(Exception failure);
}

/// <summary>The subscriptions of one activation.</summary>
internal sealed class StreamSubscriptions(Activation activation)
{
    private readonly Dictionary<(string Provider, StreamId Stream), IStreamSubscription> _attached = [];

    /// <summary>Finds the subscription; a grain that hears of the stream for the first time is asked to attach one.</summary>
    internal async Task<IStreamSubscription?> FindAsync(string provider, StreamId stream)
    {
        if (_attached.TryGetValue((provider, stream), out var found)) return found;
        if (activation.GrainInstance is not IStreamSubscriptionObserver observer) return null;
        await observer.OnSubscribed(new Factory(this, provider, stream));
        return _attached.GetValueOrDefault((provider, stream));
    }

    /// <summary>What a grain is given to attach its observer.</summary>
    private sealed class Factory(StreamSubscriptions subscriptions, string provider, StreamId stream) : IStreamSubscriptionHandleFactory
    {
        public StreamId StreamId => stream;

        public string ProviderName => provider;

        public GuidId SubscriptionId => GuidId.GetGuidId(Guid.Empty);

        public StreamSubscriptionHandle<T> Create<T>() => new Subscription<T>(subscriptions, provider, stream);
    }

    /// <summary>A subscription with its type of items.</summary>
    private sealed class Subscription<T>(StreamSubscriptions subscriptions, string provider, StreamId stream)
        : StreamSubscriptionHandle<T>, IStreamSubscription
    {
        private IAsyncObserver<T>? _observer;

        public override StreamId StreamId => stream;

        public override string ProviderName => provider;

        public override Guid HandleId => Guid.Empty;

        public override Task<StreamSubscriptionHandle<T>> ResumeAsync(IAsyncObserver<T> observer, StreamSequenceToken? token = null)
        {
            ArgumentNullException.ThrowIfNull(observer);
            if (token is not null) throw new NotSupportedException("These streams cannot go back.");
            _observer = observer;
            subscriptions._attached[(provider, stream)] = this;
            return Task.FromResult<StreamSubscriptionHandle<T>>(this);
        }

        public override Task<StreamSubscriptionHandle<T>> ResumeAsync(IAsyncBatchObserver<T> observer, StreamSequenceToken? token = null) =>
            throw new NotSupportedException("The simulation brings items one by one.");

        public override Task UnsubscribeAsync()
        {
            subscriptions._attached.Remove((provider, stream));
            return Task.CompletedTask;
        }

        public override bool Equals(StreamSubscriptionHandle<T>? other) => ReferenceEquals(this, other);

        public Task DeliverAsync(object item, StreamSequenceToken token) => item is T typed
            ? _observer!.OnNextAsync(typed, token)
            : FailAsync(new InvalidCastException($"Stream {stream} brought a {item.GetType()}, not a {typeof(T)}."));

        public Task FailAsync(Exception failure) => _observer!.OnErrorAsync(failure);
    }
}
