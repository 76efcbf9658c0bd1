using OrleansTasks.Engine.Embedded;

namespace Orleans.Streams;

/// <summary>Subscriptions by delegates.</summary>
public static class StreamSubscriptionHandleExtensions
{
    /// <summary>Sets who takes the items from here on.</summary>
    /// <typeparam name="T">Type of the items.</typeparam>
    /// <param name="handle">The subscription.</param>
    /// <param name="onNextAsync">Takes an item.</param>
    /// <param name="token">Where to begin; only null, for now.</param>
    /// <returns>The subscription.</returns>
    public static Task<StreamSubscriptionHandle<T>> ResumeAsync<T>(
        this StreamSubscriptionHandle<T> handle,
        Func<T, StreamSequenceToken?, Task> onNextAsync,
        StreamSequenceToken? token = null) =>
        handle.ResumeAsync(new DelegateObserver<T>(onNextAsync, null), token);

    /// <summary>Sets who takes the items from here on.</summary>
    /// <typeparam name="T">Type of the items.</typeparam>
    /// <param name="handle">The subscription.</param>
    /// <param name="onNextAsync">Takes an item.</param>
    /// <param name="onErrorAsync">Told of an item that could not be delivered.</param>
    /// <param name="token">Where to begin; only null, for now.</param>
    /// <returns>The subscription.</returns>
    public static Task<StreamSubscriptionHandle<T>> ResumeAsync<T>(
        this StreamSubscriptionHandle<T> handle,
        Func<T, StreamSequenceToken?, Task> onNextAsync,
        Func<Exception, Task> onErrorAsync,
        StreamSequenceToken? token = null) =>
        handle.ResumeAsync(new DelegateObserver<T>(onNextAsync, onErrorAsync), token);
}
