using Orleans.Streams;

namespace OrleansTasks.Silo.Engine;

/// <summary>Reads one queue. With nothing in it, a read waits until the bell rings, ten seconds at most.</summary>
/// <param name="queue">Reads the queue without waiting.</param>
/// <param name="bell">Has one count for each item that was sent since.</param>
internal sealed class OrleansCommandReceiver(IQueueAdapterReceiver queue, SemaphoreSlim bell) : IQueueAdapterReceiver
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(10);

    /// <inheritdoc/>
    public async Task<IList<IBatchContainer>> GetQueueMessagesAsync(int maxCount, CancellationToken cancellationToken)
    {
        var found = await Read(maxCount, cancellationToken);
        if (found.Count > 0)
            return found;
        try
        {
            await bell.WaitAsync(Longest, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            return found;
        }

        return await Read(maxCount, cancellationToken);
    }

    /// <inheritdoc/>
    public Task<IList<IBatchContainer>> GetQueueMessagesAsync(int maxCount) =>
        GetQueueMessagesAsync(maxCount, CancellationToken.None);

    /// <inheritdoc/>
    public Task Initialize(TimeSpan timeout) => queue.Initialize(timeout);

    /// <inheritdoc/>
    public Task MessagesDeliveredAsync(IList<IBatchContainer> messages, CancellationToken cancellationToken) =>
        queue.MessagesDeliveredAsync(messages, cancellationToken);

    /// <inheritdoc/>
    public Task MessagesDeliveredAsync(IList<IBatchContainer> messages) =>
        MessagesDeliveredAsync(messages, CancellationToken.None);

    /// <inheritdoc/>
    public Task Shutdown(TimeSpan timeout) => queue.Shutdown(timeout);

    private Task<IList<IBatchContainer>> Read(int maxCount, CancellationToken cancellation)
    {
        // What has rung before is found by this reading.
        while (bell.Wait(0, CancellationToken.None))
        {
        }

        return queue.GetQueueMessagesAsync(maxCount, cancellation);
    }
}
