using Orleans.Runtime;

namespace Orleans.Streams;

/// <summary>Gives streams.</summary>
public interface IStreamProvider
{
    /// <summary>The provider's name.</summary>
    string Name { get; }

    /// <summary>Whether a subscriber can go back in a stream. Never, here.</summary>
    bool IsRewindable { get; }

    /// <summary>The stream of this identity. It need not be created.</summary>
    /// <typeparam name="T">Type of its items.</typeparam>
    /// <param name="streamId">The identity.</param>
    /// <returns>The stream.</returns>
    IAsyncStream<T> GetStream<T>(StreamId streamId);
}
