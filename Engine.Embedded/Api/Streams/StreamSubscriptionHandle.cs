using Orleans.Runtime;

namespace Orleans.Streams;

/// <summary>A subscription of an activation to a stream.</summary>
/// <typeparam name="T">Type of the items.</typeparam>
public abstract class StreamSubscriptionHandle<T>
{
    /// <summary>The stream.</summary>
    public abstract StreamId StreamId { get; }

    /// <summary>Name of the stream's provider.</summary>
    public abstract string ProviderName { get; }

    /// <summary>Sets who takes the items from here on.</summary>
    /// <param name="observer">The observer.</param>
    /// <param name="token">Where to begin; only null, for now.</param>
    /// <returns>The subscription.</returns>
    public abstract Task<StreamSubscriptionHandle<T>> ResumeAsync(
        IAsyncObserver<T> observer, StreamSequenceToken? token = null);
}
