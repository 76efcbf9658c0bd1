using Orleans.Streams;

namespace OrleansTasks.Simulation.Engine;

/// <summary>Streams whose items go to implicit subscribers at once, through bounded queues in memory.</summary>
internal sealed class SimStreamProvider(GrainHost host, string name) : IStreamProvider
{
    public string Name => name;

    public bool IsRewindable => false;

    public IAsyncStream<T> GetStream<T>(StreamId streamId) => new SimStream<T>(host.Streams, name, streamId);
}

/// <summary>A stream, as producers see it.</summary>
internal sealed class SimStream<T>(StreamHub hub, string provider, StreamId id) : IAsyncStream<T>
{
    public bool IsRewindable => false;

    public string ProviderName => provider;

    public StreamId StreamId => id;

    public Task OnNextAsync(T item, StreamSequenceToken? token = null)
    {
        if (token is not null) return Task.FromException(new NotSupportedException("Items get their tokens here."));
        try
        {
            ArgumentNullException.ThrowIfNull(item);
            hub.Publish(provider, id, item);
            return Task.CompletedTask;
        }
        catch (Exception exception)
        {
            return Task.FromException(exception);
        }
    }

    public async Task OnNextBatchAsync(IEnumerable<T> batch, StreamSequenceToken? token = null)
    {
        foreach (var item in batch) await OnNextAsync(item, token);
    }

    public Task OnCompletedAsync() => Task.FromException(new NotSupportedException("These streams do not end."));

    public Task OnErrorAsync(Exception ex) =>
        Task.FromException(new NotSupportedException("These streams do not end."));

    public bool Equals(IAsyncStream<T>? other) => other is not null && other.ProviderName == provider && other.StreamId == id;

    public override bool Equals(object? obj) => Equals(obj as IAsyncStream<T>);

    public override int GetHashCode() => id.GetHashCode();

    public int CompareTo(IAsyncStream<T>? other) => other is null ? 1 : id.CompareTo(other.StreamId);

    public Task<IList<StreamSubscriptionHandle<T>>> GetAllSubscriptionHandles() => OnlyImplicit<IList<StreamSubscriptionHandle<T>>>();

    public Task<StreamSubscriptionHandle<T>> SubscribeAsync(IAsyncObserver<T> observer) => OnlyImplicit<StreamSubscriptionHandle<T>>();

    public Task<StreamSubscriptionHandle<T>> SubscribeAsync(
        IAsyncObserver<T> observer, StreamSequenceToken? token, string? filterData = null) => OnlyImplicit<StreamSubscriptionHandle<T>>();

    public Task<StreamSubscriptionHandle<T>> SubscribeAsync(IAsyncBatchObserver<T> observer) =>
        OnlyImplicit<StreamSubscriptionHandle<T>>();

    public Task<StreamSubscriptionHandle<T>> SubscribeAsync(IAsyncBatchObserver<T> observer, StreamSequenceToken? token) =>
        OnlyImplicit<StreamSubscriptionHandle<T>>();

    private static Task<TResult> OnlyImplicit<TResult>() =>
        Task.FromException<TResult>(new NotSupportedException("The simulation knows implicit subscriptions only."));
}
