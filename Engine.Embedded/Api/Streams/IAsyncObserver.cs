namespace Orleans.Streams;

/// <summary>Takes items.</summary>
/// <typeparam name="T">Type of the items.</typeparam>
public interface IAsyncObserver<in T>
{
    /// <summary>Takes an item. On the consuming side an exception has it delivered again.</summary>
    /// <param name="item">The item.</param>
    /// <param name="token">Its place in the stream, if known.</param>
    Task OnNextAsync(T item, StreamSequenceToken? token = null);

    /// <summary>No more items will come.</summary>
    Task OnCompletedAsync() => Task.CompletedTask;

    /// <summary>The stream is broken, or an item could not be delivered.</summary>
    /// <param name="ex">Why.</param>
    Task OnErrorAsync(Exception ex);
}
