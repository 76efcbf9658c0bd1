using System.Diagnostics.CodeAnalysis;
using Orleans.Streams;

namespace OrleansTasks.Silo.Engine;

/// <summary>
/// Reads one queue for Orleans streams. Each read waits at the queue's grain until there is an item. This reader
/// numbers the items itself as it reads them, so the numbers depend on neither a clock nor other readers.
/// </summary>
/// <param name="name">The queue's name.</param>
/// <param name="queue">The queue.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Logs when the queue becomes unreadable, and when it is readable again.</param>
internal sealed partial class OrleansCommandReceiver(
    string name, ICommandQueueGrain queue, TimeProvider time, ILogger logger) : IQueueAdapterReceiver
{
    /// <summary>How long a failed read waits before it returns, so that reads do not fail in a tight loop.</summary>
    internal static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private string from = "";
    private long received;
    private long read;

    // The number of consecutive failed reads. A single failure is normal when the queue's silo leaves or dies.
    private int failures;

    /// <inheritdoc/>
    [SuppressMessage("Design", "CA1031", Justification = "Whatever the reason is, the queue is read again.")]
    public async Task<IList<IBatchContainer>> GetQueueMessagesAsync(int maxCount, CancellationToken cancellationToken)
    {
        try
        {
            // A cancelled read continues in the grain. Its answer is ignored, and its items stay there because they
            // were not confirmed.
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
            // The queue's silo is gone, or too busy to answer.
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
