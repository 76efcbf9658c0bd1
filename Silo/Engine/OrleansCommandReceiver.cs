using System.Diagnostics.CodeAnalysis;
using Orleans.Streams;

namespace OrleansTasks.Silo.Engine;

/// <summary>
/// Reads one queue for Orleans' streams: each read waits at the queue's grain until there is an item. Items are numbered
/// here, as they are read: no clock and no other reader has a part in it.
/// </summary>
/// <param name="name">The queue's name.</param>
/// <param name="queue">The queue.</param>
/// <param name="time">Measures pauses.</param>
/// <param name="logger">Told when the queue cannot be read, and when it can be again.</param>
internal sealed partial class OrleansCommandReceiver(
    string name, ICommandQueueGrain queue, TimeProvider time, ILogger logger) : IQueueAdapterReceiver
{
    /// <summary>How long a read that failed waits before it ends, so that the next one does not follow at once.</summary>
    internal static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private string from = "";
    private long received;
    private long read;

    // How many reads have failed since the last one that did not. One does when the silo of the queue leaves or dies.
    private int failures;

    /// <inheritdoc/>
    [SuppressMessage("Design", "CA1031", Justification = "Whatever the reason is, the queue is read again.")]
    public async Task<IList<IBatchContainer>> GetQueueMessagesAsync(int maxCount, CancellationToken cancellationToken)
    {
        try
        {
            // What is cancelled goes on in the grain. Its answer is ignored: the items stay there until they are named
            // as received.
            var taken = await queue.Take(from, received, maxCount)
                .WaitAsync(Timeout.InfiniteTimeSpan, time, cancellationToken);
            (from, received) = (taken.Queue, taken.Last);
            if (failures > 1)
                ReadAgain(name);
            failures = 0;
            return
            [
                .. taken.Items.Select(IBatchContainer (item) => new OrleansCommandContainer(item.Node, ++read, item.Batch)),
            ];
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return [];
        }
        catch (Exception failure)
        {
            // The silo that has the queue is gone, or too busy to answer.
            if (++failures == 2)
                ReadFailed(name, failure.Message);
            await Task.Delay(Pause, time, cancellationToken)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            return [];
        }
    }

    /// <inheritdoc/>
    public Task<IList<IBatchContainer>> GetQueueMessagesAsync(int maxCount) =>
        GetQueueMessagesAsync(maxCount, CancellationToken.None);

    /// <inheritdoc/>
    public Task Initialize(TimeSpan timeout) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task MessagesDeliveredAsync(IList<IBatchContainer> messages) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task Shutdown(TimeSpan timeout) => Task.CompletedTask;

    [LoggerMessage(EventId = 4505, Level = LogLevel.Warning,
        Message = "Cannot read command queue {Queue}; retrying: {Reason}")]
    private partial void ReadFailed(string queue, string reason);

    [LoggerMessage(EventId = 4506, Level = LogLevel.Information, Message = "Reading command queue {Queue} again.")]
    private partial void ReadAgain(string queue);
}
