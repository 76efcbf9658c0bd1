using Orleans.Runtime;

namespace Orleans.Streams;

/// <summary>A stream of items.</summary>
public interface IAsyncStream
{
    /// <summary>Whether a subscriber can go back in it. Never, here.</summary>
    bool IsRewindable { get; }

    /// <summary>Name of its provider.</summary>
    string ProviderName { get; }

    /// <summary>Its identity.</summary>
    StreamId StreamId { get; }
}

/// <summary>
/// A stream of items of one type. <see cref="IAsyncObserver{T}.OnNextAsync"/> is done when the item is accepted, and
/// throws when the stream's queue is full.
/// </summary>
/// <typeparam name="T">Type of the items.</typeparam>
public interface IAsyncStream<T> : IAsyncStream, IAsyncObserver<T>;
