using Orleans.Runtime;
using Orleans.Streams;

namespace OrleansTasks.Engine.Embedded;

/// <summary>A subscription with its type of items.</summary>
internal sealed class StreamSubscription<T>(StreamSubscriptions subscriptions, string provider, StreamId stream)
    : StreamSubscriptionHandle<T>, IStreamSubscription
{
    private IAsyncObserver<T>? _observer;

    public override StreamId StreamId => stream;

    public override string ProviderName => provider;

    public override Task<StreamSubscriptionHandle<T>> ResumeAsync(
        IAsyncObserver<T> observer, StreamSequenceToken? token = null)
    {
        ArgumentNullException.ThrowIfNull(observer);
        if (token is not null) throw new NotSupportedException("These streams cannot go back.");
        _observer = observer;
        subscriptions.Attach(provider, stream, this);
        return Task.FromResult<StreamSubscriptionHandle<T>>(this);
    }

    public Task DeliverAsync(object item, StreamSequenceToken token) => item is T typed
        ? _observer!.OnNextAsync(typed, token)
        : FailAsync(new InvalidCastException($"Stream {stream} brought a {item.GetType()}, not a {typeof(T)}."));

    public Task FailAsync(Exception failure) => _observer!.OnErrorAsync(failure);
}
