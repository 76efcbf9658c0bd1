using Orleans.Runtime;

namespace Orleans.Streams.Core;

/// <summary>A subscription whose type of items is yet to be said.</summary>
public interface IStreamSubscriptionHandleFactory
{
    /// <summary>The stream.</summary>
    StreamId StreamId { get; }

    /// <summary>Name of the stream's provider.</summary>
    string ProviderName { get; }

    /// <summary>The subscription, with its type of items.</summary>
    /// <typeparam name="T">Type of the items.</typeparam>
    /// <returns>The subscription.</returns>
    StreamSubscriptionHandle<T> Create<T>();
}
